#include "server/rpc/request_ledger.h"

#include <utility>

#include "server/base/request_error.h"

namespace strobe::server {

Outcome OutcomeOf(const absl::Status& status, bool admitted) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return Outcome::kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnimplemented:
      return admitted ? Outcome::kFailed : Outcome::kInvalid;
    case absl::StatusCode::kCancelled:
      return Outcome::kCancelled;
    case absl::StatusCode::kDeadlineExceeded:
      // Shed at the door: no device time was spent and none was promised.
      return !admitted && ReasonOf(status) == "DEADLINE_INFEASIBLE" ? Outcome::kRejected
                                                                    : Outcome::kExpired;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      return admitted ? Outcome::kFailed : Outcome::kRejected;
    default:
      return Outcome::kFailed;
  }
}

RequestLedger::RequestLedger(Metrics& metrics, const Clock& clock, Logger logger,
                             std::string request_id)
    : metrics_(metrics), clock_(clock), logger_(std::move(logger)), arrival_(clock.Now()) {
  record_.request_id = std::move(request_id);
  metrics_.requests_started.Increment();
  metrics_.inflight_requests.Increment();
}

RequestLedger::~RequestLedger() { Close(absl::InternalError("the request was abandoned")); }

void RequestLedger::ImageSent() {
  metrics_.images_total.Increment();
  if (record_.images_sent++ == 0) {
    record_.time_to_first_image = clock_.Now() - arrival_;
    metrics_.time_to_first_image_seconds.Observe(
        absl::ToDoubleSeconds(record_.time_to_first_image));
  }
}

void RequestLedger::Close(const absl::Status& status) {
  if (closed_.exchange(true)) return;
  record_.outcome = OutcomeOf(status, admitted_.load(std::memory_order_relaxed));
  record_.reason = status.ok() ? "OK" : ReasonOf(status);
  record_.status = status;
  record_.duration = clock_.Now() - arrival_;
  metrics_.request_duration_seconds.Observe(absl::ToDoubleSeconds(record_.duration));
  metrics_.CountRequest(record_.outcome, record_.reason);
  metrics_.inflight_requests.Decrement();
  if (logger_) logger_(record_);
}

}  // namespace strobe::server
