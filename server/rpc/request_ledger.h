// The books of one request: counted once when it starts and once when it ends.

#ifndef STROBE_SERVER_RPC_REQUEST_LEDGER_H_
#define STROBE_SERVER_RPC_REQUEST_LEDGER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/observability/metrics.h"

namespace strobe::server {

// How a request ended, for its one log line. Holds no prompt.
struct RequestRecord {
  std::string request_id;
  std::string caller;
  std::string model;   // empty: refused before the model was known
  int num_images = 0;  // asked for; 0 likewise
  int width = 0;       // pixels
  int height = 0;      // pixels
  int num_inference_steps = 0;
  int prompt_bytes = 0;
  int images_sent = 0;
  Outcome outcome = Outcome::kOk;
  std::string reason;   // "OK" or google.rpc.ErrorInfo.reason
  absl::Status status;  // with the detail that the caller of an INTERNAL error does not get
  absl::Duration duration;
  absl::Duration time_to_first_image = absl::InfiniteDuration();  // infinite: none was sent
};

// The outcome of a request that ended with `status`. A refusal at the door is rejected or expired;
// the same code after admission is a failure of the server.
Outcome OutcomeOf(const absl::Status& status, bool admitted);

// Keeps strobe_requests_started_total, strobe_requests_total, inflight_requests and the request's
// histograms true: started = sum of outcomes + in flight, whatever happens. Close may be called
// from any thread, any number of times: the first one counts. The destructor closes as INTERNAL
// what nobody closed. ImageSent may run on one thread at a time.
class RequestLedger {
 public:
  using Logger = std::function<void(const RequestRecord&)>;

  // Opens the books. `metrics` and `clock` must outlive the ledger; `logger` may be empty.
  RequestLedger(Metrics& metrics, const Clock& clock, Logger logger, std::string request_id);
  ~RequestLedger();

  RequestLedger(const RequestLedger&) = delete;
  RequestLedger& operator=(const RequestLedger&) = delete;

  const std::string& request_id() const { return record_.request_id; }
  absl::Time arrival() const { return arrival_; }

  // What was asked for; to be filled in before the request is admitted.
  RequestRecord& record() { return record_; }
  // From here on, refusals are failures.
  void Admitted() { admitted_.store(true, std::memory_order_relaxed); }

  // A finished image has left.
  void ImageSent();

  void Close(const absl::Status& status);

 private:
  Metrics& metrics_;
  const Clock& clock_;
  const Logger logger_;
  const absl::Time arrival_;
  RequestRecord record_;
  std::atomic<bool> admitted_{false};
  std::atomic<bool> closed_{false};
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_REQUEST_LEDGER_H_
