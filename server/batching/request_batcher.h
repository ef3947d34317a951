// Collects samples of many requests into micro-batches and runs them, one stage at a time.

#ifndef STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_
#define STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/batching/cost_model.h"
#include "server/batching/generation_task.h"
#include "server/batching/stage_engine.h"
#include "server/observability/metrics.h"

namespace strobe::server {

// One thread asks the batch policy what to run next and runs it on the engine; a second one sees to
// it that a task which is cancelled or past its deadline ends at once, even while the device is
// busy.
//  1. Any mix of steps, step counts, seeds, prompts and requests shares a batch; model, size and
//  stage
//     must agree.
//  2. It never waits for a fuller batch: when the device is free and a sample waits, something
//  runs.
//  3. At every stage boundary samples of ended tasks leave, and those past or certain to miss their
//     deadline are failed with DEADLINE_EXCEEDED; neighbours are not disturbed.
//  4. A batch that fails ends only its own tasks, with INTERNAL.
//  5. Sinks and the consumer are called without any lock held. They may call everything here but
//  Stop
//     and the destructor.
// Thread-safe.
class RequestBatcher {
 public:
  struct Options {
    int max_batch_size = 8;  // samples a micro-batch at most, every stage
  };

  // What waits and runs now; for admission and the queue gauges.
  struct Load {
    int waiting_samples = 0;
    int running_samples = 0;
    absl::Duration predicted_work;  // device time of everything waiting and running
  };

  // Starts the thread. `clock`, `engine`, `consumer` and `metrics` must outlive the batcher.
  RequestBatcher(const Options& options, const Clock& clock, StageEngine& engine,
                 PictureConsumer& consumer, Metrics& metrics, CostModel cost_model);
  // Stops as Stop does.
  ~RequestBatcher();

  RequestBatcher(const RequestBatcher&) = delete;
  RequestBatcher& operator=(const RequestBatcher&) = delete;

  // Takes the task in; UNAVAILABLE once stopping (the task is not touched then).
  absl::Status Submit(std::shared_ptr<GenerationTask> task);

  // Tells the batcher that some task has ended, so that its samples are dropped at once if they
  // wait (or that a fake clock has moved).
  void Wake();

  Load load() const;

  // A copy of the current cost model.
  CostModel cost_model() const;

  // Replaces the cost model, by the one that warm-up measured; samples that wait are decided anew.
  void SetCostModel(CostModel cost_model);

  // True when nothing waits or runs; the consumer may still have pictures.
  bool idle() const;

  // Fails what is still there with UNAVAILABLE, after the running batch, and joins the thread.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_
