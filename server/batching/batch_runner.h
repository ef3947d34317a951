// Runs one micro-batch on the engine and settles what became of its samples.

#ifndef STROBE_SERVER_BATCHING_BATCH_RUNNER_H_
#define STROBE_SERVER_BATCHING_BATCH_RUNNER_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/batching/batch_metrics.h"
#include "server/batching/batch_policy.h"
#include "server/batching/generation_task.h"
#include "server/batching/sample_queue.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// What a batch came to.
struct BatchResult {
  absl::Duration duration;
  int batch_size = 0;   // samples that the engine was given
  absl::Status status;  // what the engine said of them; OK for a batch of none
  // By member of the batch: true when the sample goes on to `sample.plan.next()`, false when it is
  // done with (delivered, or its task ended).
  std::vector<bool> goes_on;
};

// Calls the engine and delivers progress, pictures and failures. Fills in the account and the next
// stage of each sample. What the engine refuses:
//  - a batch of several that does not fit into the device's memory: its samples go on to the same
//    stage, where the policy gives them smaller batches;
//  - another batch: the tasks of all its members end as RequestErrorOf says;
//  - a picture that cannot be shown: its own task ends alone, with INTERNAL (ENGINE_FAILURE);
//  - partial images: they are left out.
// Used by one thread, which holds no lock.
class BatchRunner {
 public:
  // All must outlive the runner.
  BatchRunner(const Clock& clock, StageEngine& engine, PictureConsumer& consumer,
              BatchMetrics& metrics)
      : clock_(clock), engine_(engine), consumer_(consumer), metrics_(metrics) {}

  // `members` are of `batch` (whose indices are not looked at), in its order.
  BatchResult Run(const PolicyBatch& batch, SampleQueue::Samples& members);

 private:
  // Creates states that are missing. The members the engine will be given, by position; in `status`
  // that the device is lost, if so.
  std::vector<int> Prepare(SampleQueue::Samples& members, absl::Status& status);
  absl::Status CallEngine(const PolicyBatch& batch, const SampleQueue::Samples& members,
                          const std::vector<int>& positions, Pictures& pictures);
  // What the engine has been called with and said; before any sample is settled.
  void Count(const PolicyBatch& batch, const SampleQueue::Samples& members,
             const std::vector<int>& positions, const BatchResult& result);
  // Of a denoising batch.
  void CountSteps(const SampleQueue::Samples& members, const std::vector<int>& positions);
  void Charge(const PolicyBatch& batch, QueuedSample& sample, const BatchResult& result);
  void CountFault(const PolicyBatch& batch, const BatchResult& result);

  // Each returns whether the sample goes on.
  bool SettleFailure(const PolicyBatch& batch, QueuedSample& sample, const BatchResult& result);
  bool Settle(const PolicyBatch& batch, QueuedSample& sample,
              absl::StatusOr<model::RgbImage>* picture);
  bool SettlePicture(bool preview, QueuedSample& sample, absl::StatusOr<model::RgbImage> picture);

  const Clock& clock_;
  StageEngine& engine_;
  PictureConsumer& consumer_;
  BatchMetrics& metrics_;
};

// DEADLINE_EXCEEDED for `task`: DEADLINE_EXPIRED, or DEADLINE_INFEASIBLE when it is not due yet.
absl::Status DeadlineError(const GenerationTask& task, absl::Time now);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BATCH_RUNNER_H_
