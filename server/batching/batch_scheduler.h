// The state behind the batcher's threads: what waits, what runs, and what has been learnt.

#ifndef STROBE_SERVER_BATCHING_BATCH_SCHEDULER_H_
#define STROBE_SERVER_BATCHING_BATCH_SCHEDULER_H_

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/batching/batch_metrics.h"
#include "server/batching/batch_policy.h"
#include "server/batching/batch_runner.h"
#include "server/batching/batcher_load.h"
#include "server/batching/batching_options.h"
#include "server/batching/costs/device_costs.h"
#include "server/batching/costs/memory_limits.h"
#include "server/batching/engine_fault.h"
#include "server/batching/generation_task.h"
#include "server/batching/lane_board.h"
#include "server/batching/sample_queue.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// Asks the batch policy what a lane runs next, knows the waiting and running samples, and learns
// costs and memory limits from what has run. Never reads a clock, runs no stage, calls no sink and
// destroys no sample that has a state: its caller does. Not thread-safe.
class BatchScheduler {
 public:
  using Tasks = std::vector<std::shared_ptr<GenerationTask>>;

  // What a lane does next: fails `late`, which need not be there, and runs `members`.
  struct Decision {
    Tasks late;
    PolicyBatch batch;
    SampleQueue::Samples members;  // of `batch`, in its order; none: nothing to run
  };

  // `metrics` must outlive the scheduler.
  BatchScheduler(const BatchingOptions& options, BatchMetrics& metrics)
      : options_(options), metrics_(metrics) {}

  // What stages are known to cost. Once, before any lane is added.
  void SetCosts(DeviceCosts costs);

  // Returns the index of the new lane. Devices are numbered from 0.
  int AddLane(int device);

  void Add(std::shared_ptr<GenerationTask> task, absl::Time now);

  // True when there may be something to run for `lane`: something that its device may take waits,
  // and something has changed since it last declined everything.
  bool HasWorkFor(int lane) const {
    return !declined_[lane] && queue_.HasWorkFor(board_.device(lane));
  }

  // When samples are late it names their tasks and gives no members: the next decision is made
  // without them. From here on the members run in `lane`, until Finish.
  Decision Decide(int lane, absl::Time now);

  // Takes back what `lane` has run, as `result` says. What is not OK in it has been told to the
  // tasks. A fault: the device cannot go on.
  std::optional<FatalFault> Finish(int lane, const PolicyBatch& batch,
                                   SampleQueue::Samples& members, const BatchResult& result,
                                   absl::Time now);

  // Takes out the waiting samples of ended tasks, for the caller to destroy.
  SampleQueue::Samples TakeEnded();

  // Tasks that are not done with.
  Tasks Live() const { return queue_.Live(); }

  // Of a stage that has run for longer than HangLimit.
  std::optional<FatalFault> FindHungStage(absl::Time now) const;

  BatcherLoad load() const {
    return {queue_.waiting(), board_.running_samples(), PredictedWorkOfLanes()};
  }
  bool idle() const { return queue_.waiting() == 0 && board_.FreeLanes() == board_.lanes(); }
  // How much later than alone `images` samples like `newcomer`, of `caller`, are expected to be
  // done; see expected_wait.h.
  absl::Duration PredictWait(WaitingSample newcomer, int images, const std::string& caller,
                             absl::Time now) const;
  const DeviceCosts& costs() const { return costs_; }
  int max_batch_size() const { return options_.policy.max_batch_size; }

 private:
  // Settles how many steps it gets that begins in a batch of `batch_size`.
  void Begin(QueuedSample& sample, int batch_size, absl::Time now);
  RunningBatch Describe(const Decision& decision, int device, absl::Time now) const;
  // Of something that waits or runs.
  std::optional<BatchKey> AnyKey() const;
  std::optional<FatalFault> Learn(int device, const PolicyBatch& batch, const BatchResult& result,
                                  absl::Time now);
  void Retire(const QueuedSample& sample);
  // Until the lanes together are through with what waits and runs: all of it, or without what gives
  // way to `priority`.
  absl::Duration PredictedWorkOfLanes(Priority priority = Priority::kBatch) const;
  // Lanes of the fastest device that do as much as all lanes together, for `key`; above 0.
  double LanesLikeFastest(const BatchKey& key) const;
  // The queue or the costs have changed.
  void OfferAgain() { std::fill(declined_.begin(), declined_.end(), false); }
  void UpdateGauge() { metrics_.queue_depth.Set(queue_.waiting()); }

  const BatchingOptions options_;
  BatchMetrics& metrics_;
  DeviceCosts costs_;
  SampleQueue queue_;
  LaneBoard board_;
  std::vector<bool> declined_;        // by lane: its last decision was for nothing
  std::vector<MemoryLimits> memory_;  // by device
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BATCH_SCHEDULER_H_
