#include "server/admission/admission_controller.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/request_end.h"
#include "server/base/request_error.h"

namespace strobe::server {
namespace {

constexpr absl::Duration kMinRetryDelay = absl::Milliseconds(50);
// A caller that was here counts as one who may come back for so long.
constexpr absl::Duration kRememberOthers = absl::Seconds(60);
constexpr absl::Duration kUnavailableRetryDelay = absl::Seconds(1);

// The part of the places, and of the queued work, that is kept from batch priority and from callers
// above their share: interactive requests of others find it free even in an overload of those, and
// three quarters still fill the largest batches.
constexpr double kKeptFree = 0.25;

int KeptFree(int places) { return static_cast<int>(places * kKeptFree); }

std::string Millis(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration));
}

absl::Status DeadlineInfeasible(absl::Duration estimate, absl::Duration available,
                                absl::Duration wait) {
  ErrorDetails details;
  details.reason = Reason::kDeadlineInfeasible;
  details.metadata = {{"estimated_duration_ms", Millis(estimate)},
                      {"available_ms", Millis(available)},
                      {"estimated_wait_ms", Millis(wait)}};
  return RequestError(absl::StatusCode::kDeadlineExceeded,
                      absl::StrCat("the request would take about ", Millis(estimate),
                                   " ms, its deadline leaves ", Millis(available), " ms"),
                      details);
}

}  // namespace

AdmissionController::Ticket& AdmissionController::Ticket::operator=(Ticket&& other) noexcept {
  std::swap(controller_, other.controller_);
  std::swap(num_samples_, other.num_samples_);
  std::swap(caller_, other.caller_);
  deadline_ = other.deadline_;
  queue_position_ = other.queue_position_;
  estimated_duration_ = other.estimated_duration_;
  return *this;
}

AdmissionController::Ticket::~Ticket() {
  if (controller_ != nullptr) controller_->Release(num_samples_, 1, caller_);
}

void AdmissionController::Ticket::ReleaseSamples() {
  if (controller_ != nullptr) controller_->Release(std::exchange(num_samples_, 0), 0, caller_);
}

AdmissionController::AdmissionController(const AdmissionOptions& options, const Clock& clock,
                                         AdmissionMetrics& metrics, Forecaster forecast)
    : options_(options), clock_(clock), metrics_(metrics), forecast_(std::move(forecast)) {
  metrics_.queue_capacity.Set(options_.queue_capacity);
}

absl::StatusOr<AdmissionController::Ticket> AdmissionController::Admit(
    const AdmissionRequest& request) {
  AdmissionRequest granted = request;
  granted.deadline = std::min(request.deadline, request.arrival + options_.max_request_duration);
  const LoadForecast forecast = forecast_(granted);
  const absl::Time now = clock_.Now();
  const absl::Time deadline = granted.deadline;
  const absl::Duration estimate = forecast.wait + forecast.expected + request.delivery;

  absl::MutexLock lock(&mu_);
  if (absl::Status status = CheckServing(state_); !status.ok()) return status;
  if (deadline <= now) return DeadlineExpired(deadline - request.arrival);
  if (callers_.size() > callers_.count(request.caller)) shared_until_ = now + kRememberOthers;
  if (absl::Status status = CheckQuota(request, forecast); !status.ok()) return status;
  if (absl::Status status = CheckRoom(request, forecast); !status.ok()) return status;
  if (absl::Status status = CheckShare(request, forecast, now); !status.ok()) return status;
  if (now + forecast.wait + forecast.least + request.delivery > deadline) {
    return DeadlineInfeasible(estimate, deadline - now, forecast.wait);
  }

  reserved_samples_ += request.num_samples;
  Holding& holding = callers_[request.caller];
  ++holding.requests;
  holding.samples += request.num_samples;
  Ticket ticket;
  ticket.controller_ = this;
  ticket.num_samples_ = request.num_samples;
  ticket.caller_ = request.caller;
  ticket.deadline_ = deadline;
  ticket.queue_position_ = forecast.present.waiting_samples;
  ticket.estimated_duration_ = estimate;
  return ticket;
}

absl::Status CheckServing(AdmissionController::State state) {
  if (state == AdmissionController::State::kServing) return absl::OkStatus();
  const bool draining = state == AdmissionController::State::kDraining;
  ErrorDetails details;
  details.reason = draining ? Reason::kDraining : Reason::kWarmingUp;
  details.retry_delay = kUnavailableRetryDelay;
  return RequestError(absl::StatusCode::kUnavailable,
                      draining ? "the server is shutting down; send the request to another one"
                               : "the server is warming up",
                      details);
}

absl::Status AdmissionController::CheckQuota(const AdmissionRequest& request,
                                             const LoadForecast& forecast) const {
  const auto found = callers_.find(request.caller);
  const int in_flight = found == callers_.end() ? 0 : found->second.requests;
  if (options_.caller_inflight_limit <= 0 || in_flight < options_.caller_inflight_limit) {
    return absl::OkStatus();
  }
  ErrorDetails details;
  details.reason = Reason::kCallerQuota;
  details.retry_delay = OnePlaceFree(forecast.present);
  details.metadata = {{"inflight_requests", absl::StrCat(in_flight)},
                      {"max_inflight_requests", absl::StrCat(options_.caller_inflight_limit)}};
  return RequestError(absl::StatusCode::kResourceExhausted,
                      absl::StrCat("this caller already has ", in_flight, " requests in flight"),
                      details);
}

absl::Status AdmissionController::CheckShare(const AdmissionRequest& request,
                                             const LoadForecast& forecast, absl::Time now) const {
  const auto found = callers_.find(request.caller);
  const int held = found == callers_.end() ? 0 : found->second.samples;
  const int others = static_cast<int>(callers_.size() - callers_.count(request.caller));
  const int fair_share = options_.queue_capacity / (std::max(1, others) + 1);
  const int kept_free = KeptFree(options_.queue_capacity);
  if (now >= shared_until_ || held + request.num_samples <= fair_share ||
      reserved_samples_ + request.num_samples <= options_.queue_capacity - kept_free) {
    return absl::OkStatus();
  }
  ErrorDetails details;
  details.reason = Reason::kCallerShare;
  details.retry_delay = OnePlaceFree(forecast.present);
  details.metadata = {{"inflight_images", absl::StrCat(held)},
                      {"fair_share", absl::StrCat(fair_share)},
                      {"queue_depth", absl::StrCat(reserved_samples_)},
                      {"estimated_wait_ms", Millis(forecast.wait)}};
  return RequestError(absl::StatusCode::kResourceExhausted,
                      absl::StrCat("this caller already has ", held,
                                   " images in flight, and the last places are for other callers"),
                      details);
}

absl::Duration AdmissionController::OnePlaceFree(const BatcherLoad& load) const {
  return std::max(kMinRetryDelay, load.predicted_work / std::max(1, reserved_samples_));
}

absl::Status AdmissionController::CheckRoom(const AdmissionRequest& request,
                                            const LoadForecast& forecast) const {
  const bool gives_way = request.batch_priority && reserved_samples_ > 0;
  const int capacity =
      options_.queue_capacity - (gives_way ? KeptFree(options_.queue_capacity) : 0);
  const int too_many = reserved_samples_ + request.num_samples - capacity;
  const absl::Duration too_long =
      forecast.wait - options_.max_queue_wait * (gives_way ? 1 - kKeptFree : 1.0);
  if (too_many <= 0 && too_long <= absl::ZeroDuration()) return absl::OkStatus();
  const double share =
      std::clamp(static_cast<double>(too_many) / std::max(1, reserved_samples_), 0.0, 1.0);
  ErrorDetails details;
  details.reason = Reason::kQueueFull;
  details.retry_delay =
      std::max({kMinRetryDelay, forecast.present.predicted_work * share, too_long});
  details.metadata = {{"queue_depth", absl::StrCat(reserved_samples_)},
                      {"queue_capacity", absl::StrCat(capacity)},
                      {"estimated_wait_ms", Millis(forecast.wait)}};
  return RequestError(
      absl::StatusCode::kResourceExhausted,
      too_many > 0 ? absl::StrCat("the queue is full: ", reserved_samples_, " of ", capacity,
                                  gives_way ? " places for batch priority" : " places", " taken, ",
                                  request.num_samples, " needed")
                   : absl::StrCat("the queue is full: ", Millis(forecast.wait), " ms of work wait"),
      details);
}

void AdmissionController::Release(int num_samples, int num_requests, const std::string& caller) {
  absl::MutexLock lock(&mu_);
  reserved_samples_ -= num_samples;
  const auto found = callers_.find(caller);
  if (found == callers_.end()) return;
  found->second.samples -= num_samples;
  found->second.requests -= num_requests;
  if (found->second.requests == 0) callers_.erase(found);
}

void AdmissionController::SetState(State state) {
  absl::MutexLock lock(&mu_);
  state_ = state;
}

AdmissionController::State AdmissionController::state() const {
  absl::MutexLock lock(&mu_);
  return state_;
}

int AdmissionController::reserved_samples() const {
  absl::MutexLock lock(&mu_);
  return reserved_samples_;
}

}  // namespace strobe::server
