// The account of one request: counted once when it starts and once when it ends.

#ifndef STROBE_SERVER_REQUESTS_REQUEST_LEDGER_H_
#define STROBE_SERVER_REQUESTS_REQUEST_LEDGER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/requests/request_metrics.h"
#include "server/requests/requests_in_flight.h"

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

// The outcome of a request that ended with `status`. A refusal by admission is rejected or expired;
// the same code after admission is a failure of the server.
Outcome OutcomeOf(const absl::Status& status, bool admitted);

// Counts one request in strobe_requests_started_total, strobe_requests_total, inflight_requests and
// the request histograms: started = sum of outcomes + in flight, whatever happens. Close may be
// called any number of times: the first one counts. The destructor closes as INTERNAL what was not
// closed. Thread-safe from admission on.
class RequestLedger {
 public:
  using Logger = std::function<void(const RequestRecord&)>;

  // The request counts as started. The references must outlive the ledger until it is closed;
  // `logger` may be empty.
  RequestLedger(RequestMetrics& metrics, const Clock& clock, RequestsInFlight& in_flight,
                Logger logger, std::string request_id);
  ~RequestLedger();

  RequestLedger(const RequestLedger&) = delete;
  RequestLedger& operator=(const RequestLedger&) = delete;

  const std::string& request_id() const { return record_.request_id; }
  absl::Time arrival() const { return arrival_; }

  // What was asked for; to be filled in before the request is admitted, and only read afterwards.
  RequestRecord& record() { return record_; }
  // From here on, refusals are failures.
  void Admitted() { admitted_.store(true, std::memory_order_relaxed); }

  // A finished image has left.
  void ImageSent() ABSL_LOCKS_EXCLUDED(mu_);

  void Close(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  RequestMetrics& metrics_;
  const Clock& clock_;
  RequestsInFlight& in_flight_;
  const Logger logger_;
  const absl::Time arrival_;
  std::atomic<bool> admitted_{false};
  absl::Mutex mu_;  // how the request goes on, in the record
  RequestRecord record_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_LEDGER_H_
