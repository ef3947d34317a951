// The way of a request into the batcher, whatever protocol it came by.

#ifndef STROBE_SERVER_REQUESTS_REQUEST_INTAKE_H_
#define STROBE_SERVER_REQUESTS_REQUEST_INTAKE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/base/clock.h"
#include "server/batching/generation_task.h"
#include "server/requests/deadline_watch.h"
#include "server/requests/delivery_meter.h"
#include "server/requests/image_request.h"
#include "server/requests/image_session.h"
#include "server/requests/request_backend.h"
#include "server/requests/request_ledger.h"
#include "server/requests/request_metrics.h"
#include "server/requests/request_validation.h"
#include "server/requests/requests_in_flight.h"

namespace strobe::server {

// Opens the session of each request that arrives, validates and admits it, hands its task to the
// batcher, and owns what all requests share. Until a backend is installed, requests are refused
// with UNAVAILABLE (WARMING_UP). Nothing but WaitUntilNone blocks: all else takes microseconds.
// Thread-safe. Must outlive its sessions until they are closed.
class RequestIntake {
 public:
  struct Options {
    RequestLimits limits;
    EncodedBytesBound max_encoded_bytes;  // empty: three bytes a pixel
    std::function<uint64_t()> random;     // seeds and request ids; thread-safe
    RequestLedger::Logger log_request;    // once for each request, when it has ended; may be empty
  };

  // What it takes to make a task.
  struct Admitted {
    GenerationRequest request;
    AdmissionController::Ticket ticket;
  };

  // `clock` and `metrics` must outlive the intake.
  RequestIntake(Options options, const Clock& clock, RequestMetrics& metrics);

  // The models are loaded: from here on their admission decides. To be called at most once.
  void Install(const RequestBackend& backend) ABSL_LOCKS_EXCLUDED(mu_);
  // What is served; UNAVAILABLE (WARMING_UP) before Install.
  absl::StatusOr<const ModelRegistry*> models() const ABSL_LOCKS_EXCLUDED(mu_);

  // The request counts as started.
  std::shared_ptr<ImageSession> Open(std::string request_id, std::string caller);

  // Notes in `ledger` what is asked for. Errors: those of ValidateRequest and of admission;
  // UNAVAILABLE (WARMING_UP) before Install. `time_left` from the ledger's arrival may be infinite.
  absl::StatusOr<Admitted> Admit(const ImageRequest& request, absl::Duration time_left,
                                 RequestLedger& ledger) const;

  // Takes the task of an admitted request in; UNAVAILABLE when the batcher stops.
  absl::Status Submit(std::shared_ptr<GenerationTask> task) const;

  // Some task has ended early.
  void WakeBatcher() const;

  // UNAVAILABLE (DRAINING) once the server drains, for calls that have nothing under way.
  absl::Status CheckDraining() const;

  uint64_t random() const { return options_.random(); }
  const RequestLimits& limits() const { return options_.limits; }
  const Clock& clock() const { return clock_; }
  RequestsInFlight& in_flight() { return in_flight_; }
  DeliveryMeter& deliveries() { return deliveries_; }
  DeadlineWatch& deadlines() { return deadlines_; }

 private:
  // Nothing until Install.
  std::optional<RequestBackend> backend() const ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  const Clock& clock_;
  RequestMetrics& metrics_;
  RequestsInFlight in_flight_;
  DeliveryMeter deliveries_;
  mutable absl::Mutex mu_;
  std::optional<RequestBackend> backend_ ABSL_GUARDED_BY(mu_);
  DeadlineWatch deadlines_;  // last: ends requests, which use all of the above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_INTAKE_H_
