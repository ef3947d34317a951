#include "server/requests/request_ledger.h"

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
      // Refused by admission: no device time was spent and none was promised.
      return !admitted && DetailsOf(status).reason == Reason::kDeadlineInfeasible
                 ? Outcome::kRejected
                 : Outcome::kExpired;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      return admitted ? Outcome::kFailed : Outcome::kRejected;
    default:
      return Outcome::kFailed;
  }
}

RequestLedger::RequestLedger(RequestMetrics& metrics, const Clock& clock,
                             RequestsInFlight& in_flight, Logger logger, std::string request_id)
    : metrics_(metrics),
      clock_(clock),
      in_flight_(in_flight),
      logger_(std::move(logger)),
      arrival_(clock.Now()) {
  record_.request_id = std::move(request_id);
  metrics_.started_total.Increment();
  metrics_.in_flight.Increment();
  in_flight_.Enter();
}

RequestLedger::~RequestLedger() { Close(absl::InternalError("the request was abandoned")); }

void RequestLedger::ImageSent() {
  metrics_.images_total.Increment();
  absl::MutexLock lock(&mu_);
  if (closed_ || record_.images_sent++ > 0) return;
  record_.time_to_first_image = clock_.Now() - arrival_;
  metrics_.time_to_first_image_seconds.Observe(absl::ToDoubleSeconds(record_.time_to_first_image));
}

void RequestLedger::Close(const absl::Status& status) {
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(closed_, true)) return;
  }
  // Nobody changes the record any more.
  record_.outcome = OutcomeOf(status, admitted_.load(std::memory_order_relaxed));
  record_.reason = ReasonOf(status);
  record_.status = status;
  record_.duration = clock_.Now() - arrival_;
  metrics_.duration_seconds.Observe(absl::ToDoubleSeconds(record_.duration));
  metrics_.CountEnd(record_.outcome, ReasonNamed(record_.reason).value_or(Reason::kNone));
  metrics_.in_flight.Decrement();
  if (logger_) logger_(record_);
  in_flight_.Leave();
}

}  // namespace strobe::server
