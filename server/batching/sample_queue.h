// The samples of all live tasks: those that wait, and how many of each task are left.

#ifndef STROBE_SERVER_BATCHING_SAMPLE_QUEUE_H_
#define STROBE_SERVER_BATCHING_SAMPLE_QUEUE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/work_left.h"
#include "server/batching/generation_task.h"
#include "server/batching/service_meter.h"
#include "server/batching/stage_engine.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// What the samples of one task have in common.
struct TaskProgress {
  std::shared_ptr<GenerationTask> task;
  int samples_left = 0;        // not retired
  absl::Duration device_time;  // spent on it: each batch's duration by its size
};

// One image on its way.
struct QueuedSample {
  std::shared_ptr<TaskProgress> progress;
  int index = 0;  // in the task
  BatchKey key;
  StagePlan plan;  // with the steps requested, or fewer once it has begun
  int steps_done = 0;
  int device = kNoDevice;       // where its state is
  std::set<int> preview_steps;  // a partial image is due after these many steps
  bool preview_due = false;
  absl::Time waiting_since;
  int64_t order = 0;                   // of arrival in the queue
  bool begun = false;                  // its number of steps is settled
  std::unique_ptr<SampleState> state;  // none before the first stage
  SampleAccount account;
  const absl::Duration* caller_service = nullptr;  // device time of its flows, the queue's
  const absl::Duration* key_service = nullptr;

  int num_inference_steps() const { return steps_done + plan.steps_left(); }
  const GenerationTask& task() const { return *progress->task; }
  const GenerationRequest& request() const { return progress->task->request(); }
};

// `count` step numbers in 1..steps-1, evenly spaced; all of them when there are not so many.
std::set<int> PreviewSteps(int count, int steps);

// Every sample is either waiting here or taken out; a taken one comes back by Return or leaves for
// good by Retire. Calls no sink. Not thread-safe.
class SampleQueue {
 public:
  using Samples = std::vector<std::unique_ptr<QueuedSample>>;

  void Add(std::shared_ptr<GenerationTask> task, absl::Time now);

  // The waiting samples as the policy sees them, valid until the queue changes, and those at some
  // indices of that view. Which index a sample has means nothing.
  absl::Span<const WaitingSample> View() const;
  const QueuedSample& at(int index) const { return *waiting_[index]; }
  void DropPreviews(absl::Span<const int> indices);
  Samples Take(absl::Span<const int> indices);

  // Takes out the waiting samples of tasks that have ended.
  Samples TakeEnded();

  void Return(std::unique_ptr<QueuedSample> sample, absl::Time now);

  // Notes that a taken sample has had `time` of the device.
  void Charge(const QueuedSample& sample, absl::Duration time);

  // Notes that a taken sample is done with. True when it was the last one of its task.
  bool Retire(const QueuedSample& sample);

  int waiting() const { return static_cast<int>(waiting_.size()); }
  // True when a sample waits that `device` may take.
  bool HasWorkFor(int device) const;

  // Tasks with a sample that is not retired.
  std::vector<std::shared_ptr<GenerationTask>> Live() const;

  // What a sample of `caller` and of `sample.key` would find if it came now.
  void FillInServices(const std::string& caller, WaitingSample& sample) const;

  // Predicted device time of what waits with `priority`.
  absl::Duration PredictedWork(Priority priority, const DeviceCosts& costs) const {
    return work_[static_cast<int>(priority)].Predict(costs);
  }

 private:
  void Insert(std::unique_ptr<QueuedSample> sample);
  // Puts the last waiting sample in its place.
  std::unique_ptr<QueuedSample> Remove(int index);

  Samples waiting_;
  // Of waiting_, but for what flows have had since the last View.
  mutable std::vector<WaitingSample> view_;
  mutable bool services_changed_ = false;       // since the last View
  std::array<WorkTally, kPriorityCount> work_;  // of waiting_
  int64_t added_ = 0;
  ServiceMeter<std::string> callers_;
  ServiceMeter<BatchKey> keys_;
  std::set<std::shared_ptr<TaskProgress>> live_;
};

WaitingSample ViewOf(const QueuedSample& sample);

// Lets `sample` be done with `stage`; false when nothing follows.
bool Advance(Stage stage, QueuedSample& sample);

// Predicted device time that `sample` still takes from the queue.
absl::Duration PredictedWork(const QueuedSample& sample, const DeviceCosts& costs);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_SAMPLE_QUEUE_H_
