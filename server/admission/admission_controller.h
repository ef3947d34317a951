// Decides at once whether a request may enter: a ticket, or a refusal that says what to do next.

#ifndef STROBE_SERVER_ADMISSION_ADMISSION_CONTROLLER_H_
#define STROBE_SERVER_ADMISSION_ADMISSION_CONTROLLER_H_

#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/admission/admission_metrics.h"
#include "server/admission/admission_options.h"
#include "server/admission/admission_request.h"
#include "server/base/clock.h"

namespace strobe::server {

// Guards the way into the batcher.
//  1. Every admitted sample holds a place until its ticket gives it back: at most queue_capacity
//     samples are in the server, so memory and waiting time are bounded.
//  2. A refusal costs no device time and comes at once. Checked in this order: UNAVAILABLE
//     (WARMING_UP, DRAINING); DEADLINE_EXCEEDED (DEADLINE_EXPIRED); RESOURCE_EXHAUSTED
//     (CALLER_QUOTA, QUEUE_FULL by samples or by predicted work, CALLER_SHARE), with a retry delay
//     of at least 50 ms that comes from the predicted work; DEADLINE_EXCEEDED
//     (DEADLINE_INFEASIBLE) when the request is too late behind the work that goes before it in the
//     batch policy's order, as predicted by the mean times, even if it takes no more than the best
//     times seen and its least steps. What it overtakes does not count, unless a promise that was
//     given would come late by it. An idle server thus refuses only what these rule out, and slow
//     times are corrected by the next request.
//  3. While more than one caller is active, the last quarter of the places is for those that hold
//     less than their fair share of all places, so that one who sends without end does not keep the
//     others out.
//  4. Batch priority is shed first: while anything else is there, it gets only three quarters of
//     the places and of the wait, so that an overload of it leaves room for interactive requests.
//  5. It never queues, blocks, or looks at a prompt.
// Thread-safe. Must outlive its tickets.
class AdmissionController {
 public:
  using Forecaster = std::function<LoadForecast(const AdmissionRequest&)>;

  enum class State { kWarmingUp, kServing, kDraining };

  // A place in the server. Gives everything back on destruction. Movable, not copyable; not
  // thread-safe.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept { *this = std::move(other); }
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket();

    // The caller's deadline, or the server's when that comes first.
    absl::Time deadline() const { return deadline_; }
    // Samples that waited when this request came in.
    int queue_position() const { return queue_position_; }
    // Predicted time from arrival to the last decoded picture.
    absl::Duration estimated_duration() const { return estimated_duration_; }

    // Gives the samples' places back early; the request still counts for its caller.
    void ReleaseSamples();

   private:
    friend class AdmissionController;
    AdmissionController* controller_ = nullptr;
    int num_samples_ = 0;
    std::string caller_;
    absl::Time deadline_;
    int queue_position_ = 0;
    absl::Duration estimated_duration_;
  };

  // `forecast` is asked once for each request, with no lock held; it must be thread-safe and quick.
  // `clock` and `metrics` must outlive the controller.
  AdmissionController(const AdmissionOptions& options, const Clock& clock,
                      AdmissionMetrics& metrics, Forecaster forecast);

  AdmissionController(const AdmissionController&) = delete;
  AdmissionController& operator=(const AdmissionController&) = delete;

  absl::StatusOr<Ticket> Admit(const AdmissionRequest& request) ABSL_LOCKS_EXCLUDED(mu_);

  // Starts at kWarmingUp.
  void SetState(State state) ABSL_LOCKS_EXCLUDED(mu_);
  State state() const ABSL_LOCKS_EXCLUDED(mu_);

  // Samples that hold a place now.
  int reserved_samples() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // What one caller has in the server.
  struct Holding {
    int requests = 0;
    int samples = 0;
  };

  absl::Status CheckRoom(const AdmissionRequest& request, const LoadForecast& forecast) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckQuota(const AdmissionRequest& request, const LoadForecast& forecast) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckShare(const AdmissionRequest& request, const LoadForecast& forecast,
                          absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Predicted time until one place is free.
  absl::Duration OnePlaceFree(const BatcherLoad& load) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Release(int num_samples, int num_requests, const std::string& caller)
      ABSL_LOCKS_EXCLUDED(mu_);

  const AdmissionOptions options_;
  const Clock& clock_;
  AdmissionMetrics& metrics_;
  const Forecaster forecast_;

  mutable absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kWarmingUp;
  int reserved_samples_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, Holding> callers_ ABSL_GUARDED_BY(mu_);          // with something in flight
  absl::Time shared_until_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();  // more than one is about
};

// Refusal of every request in `state`, OK for kServing: UNAVAILABLE (WARMING_UP or DRAINING) with a
// retry delay. Also for what answers before there is a controller.
absl::Status CheckServing(AdmissionController::State state);

}  // namespace strobe::server

#endif  // STROBE_SERVER_ADMISSION_ADMISSION_CONTROLLER_H_
