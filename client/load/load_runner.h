// Puts a load on a server and records every request.

#ifndef STROBE_CLIENT_LOAD_LOAD_RUNNER_H_
#define STROBE_CLIENT_LOAD_LOAD_RUNNER_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/stopwatch.h"
#include "client/canceller.h"
#include "client/load/load_call.h"
#include "client/load/load_plan.h"
#include "workload/workload.h"

namespace strobe::client {

// Before a refused request is sent again, where the server says nothing of it.
inline constexpr absl::Duration kRetryDelay = absl::Milliseconds(100);

// What a run left behind.
struct LoadRun {
  LoadPlan plan;
  std::vector<RequestRecord> records;  // by index; warm-up included
  std::vector<LoadCall::Result> kept;  // with pictures, for the pixel check
  absl::Duration begin;                // of what counts
  absl::Duration end;                  // of what counts
  int trials = 0;                      // windows that were measured; 0: by count
  bool stable = true;                  // the windows agreed
  bool interrupted = false;            // by the user

  bool Counts(const RequestRecord& record) const {
    return !record.warmup && record.intended >= begin && record.intended < end;
  }
};

// How far a run has come.
struct LoadProgress {
  absl::Duration elapsed;
  uint64_t sent = 0;
  uint64_t ended = 0;
  uint64_t failed = 0;
  int in_flight = 0;
  int trials = 0;
  bool draining = false;
};

// Sends from the thread that calls Run, over the callback API: no thread waits for a reply.
//  1. Open loop: a request is sent at its intended time, however late replies are. Closed loop: it
//     is sent when one of `concurrency` callers is free, which is then the intended time.
//  2. Planned cancellations are sent when they are due.
//  3. When the measurement is over, what is still in flight is waited for, not cut off.
//  4. A refused request waits for the server's retry delay (kRetryDelay where it names none) and is
//     sent again, as often as the plan allows; to its caller it is one request all the time.
//  5. An interrupt stops the sending and cancels what is in flight.
// Run is to be called from one thread, once per object.
class LoadRunner final : private LoadCall::Owner {
 public:
  using OnProgress = std::function<void(const LoadProgress&)>;

  // `workload` and `canceller` must outlive the runner.
  LoadRunner(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
             const workload::Workload& workload, const LoadPlan& plan, Canceller& canceller);
  ~LoadRunner() override;

  LoadRunner(const LoadRunner&) = delete;
  LoadRunner& operator=(const LoadRunner&) = delete;

  // Calls `on_progress` a few times a second.
  LoadRun Run(const OnProgress& on_progress);

 private:
  using CancelTime = std::pair<absl::Duration, uint64_t>;

  // A refused request to send again.
  struct Retry {
    absl::Duration due;
    RequestRecord record;
    bool keep = false;

    bool operator>(const Retry& other) const { return due > other.due; }
  };

  bool SendingIsOver() ABSL_LOCKS_EXCLUDED(mu_);
  void SendDue() ABSL_LOCKS_EXCLUDED(mu_);
  void Send(absl::Duration intended) ABSL_LOCKS_EXCLUDED(mu_);
  void Start(RequestRecord record, bool keep) ABSL_LOCKS_EXCLUDED(mu_);
  void SendRetries() ABSL_LOCKS_EXCLUDED(mu_);
  // False when `record` has come to its end.
  bool MayRetry(const RequestRecord& record) const;
  void CancelDue() ABSL_LOCKS_EXCLUDED(mu_);
  void CancelAll() ABSL_LOCKS_EXCLUDED(mu_);
  void WaitForNextEvent() ABSL_LOCKS_EXCLUDED(mu_);
  void Drain(const OnProgress& on_progress) ABSL_LOCKS_EXCLUDED(mu_);
  void ReportProgress(const OnProgress& on_progress, bool draining) ABSL_LOCKS_EXCLUDED(mu_);
  LoadRun Conclude() ABSL_LOCKS_EXCLUDED(mu_);

  void OnCallEnd(LoadCall& call) override ABSL_LOCKS_EXCLUDED(mu_);
  void Settle(LoadCall::Result result, bool keep) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool HasFreeCaller() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return !free_since_.empty(); }
  bool AllEnded() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return open_calls_ == 0 && retries_.empty();
  }
  bool closed_loop() const { return plan_.concurrency > 0; }

  const workload::Workload& workload_;
  const LoadPlan plan_;
  Canceller& canceller_;
  std::vector<std::unique_ptr<v1::ImageGenerationService::Stub>> stubs_;
  const Stopwatch stopwatch_;

  // The sending thread's.
  IntendedTimes intended_times_;
  absl::Duration next_intended_;
  uint64_t sent_ = 0;
  absl::Duration measured_since_ = absl::InfiniteDuration();
  absl::Duration last_progress_ = -absl::InfiniteDuration();
  std::priority_queue<CancelTime, std::vector<CancelTime>, std::greater<>> cancels_;

  absl::Mutex mu_;
  std::unordered_map<uint64_t, std::unique_ptr<LoadCall>> in_flight_ ABSL_GUARDED_BY(mu_);
  int open_calls_ ABSL_GUARDED_BY(mu_) = 0;  // not yet destroyed
  std::priority_queue<Retry, std::vector<Retry>, std::greater<>> retries_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::Duration> free_since_ ABSL_GUARDED_BY(mu_);  // callers of a closed loop
  MeasurementWindows windows_ ABSL_GUARDED_BY(mu_);
  std::vector<RequestRecord> records_ ABSL_GUARDED_BY(mu_);
  std::vector<LoadCall::Result> kept_ ABSL_GUARDED_BY(mu_);
  uint64_t failed_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_LOAD_RUNNER_H_
