#include "server/batching/request_batcher.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/request_error.h"
#include "server/batching/batch_policy.h"
#include "server/batching/batch_runner.h"
#include "server/batching/sample_queue.h"
#include "server/batching/step_choice.h"

namespace strobe::server {
namespace {

using Tasks = std::vector<std::shared_ptr<GenerationTask>>;

absl::Status Stopping() {
  return RequestError(absl::StatusCode::kUnavailable, "the server is shutting down",
                      {.reason = "SHUTTING_DOWN"});
}

}  // namespace

class RequestBatcher::Impl {
 public:
  Impl(const Options& options, const Clock& clock, PictureConsumer& consumer, Metrics& metrics)
      : clock_(clock), consumer_(consumer), metrics_(metrics) {
    policy_options_.max_batch_size = std::max(1, options.max_batch_size);
    watch_thread_ = std::thread([this] { WatchTasks(); });
  }

  void Start(std::vector<BatchDevice> devices, CostModel cost_model) {
    absl::MutexLock join_lock(&join_mu_);
    absl::MutexLock lock(&mu_);
    if (stopping_) return;
    costs_ = std::move(cost_model);
    models_ = devices.front().engine->models();
    for (int device = 0; device < static_cast<int>(devices.size()); ++device) {
      StageEngine& engine = *devices[device].engine;
      for (int i = 0; i < devices[device].lanes; ++i) {
        lanes_.push_back(std::make_unique<Lane>(
            Lane{*this, device, BatchRunner(clock_, engine, consumer_, metrics_)}));
      }
    }
    for (const auto& lane : lanes_) {
      lane->thread = std::thread([this, lane = lane.get()] { RunBatches(*lane); });
    }
  }

  absl::Status Submit(std::shared_ptr<GenerationTask> task) {
    absl::MutexLock lock(&mu_);
    if (stopping_) return Stopping();
    queue_.Add(std::move(task), clock_.Now());
    watch_requested_ = true;  // its deadline may be the next one
    UpdateGauge();
    return absl::OkStatus();
  }

  void Wake() {
    absl::MutexLock lock(&mu_);
    watch_requested_ = true;
  }

  Load load() const {
    absl::MutexLock lock(&mu_);
    Load load;
    load.waiting_samples = queue_.waiting();
    for (const auto& lane : lanes_) load.running_samples += lane->running;
    load.predicted_work = PredictedWorkOfLanes();
    return load;
  }

  CostModel cost_model() const {
    absl::MutexLock lock(&mu_);
    return costs_;
  }

  bool idle() const {
    absl::MutexLock lock(&mu_);
    return queue_.waiting() == 0 && FreeLanes(std::nullopt) == static_cast<int>(lanes_.size());
  }

  void Stop() {
    absl::MutexLock join_lock(&join_mu_);
    {
      absl::MutexLock lock(&mu_);
      stopping_ = true;
    }
    for (const auto& lane : lanes_) {
      if (lane->thread.joinable()) lane->thread.join();
    }
    FailRemaining();
    if (watch_thread_.joinable()) watch_thread_.join();
  }

 private:
  struct Lane {
    Impl& batcher;
    const int device;
    BatchRunner runner;  // the lane's thread's
    std::thread thread;
    // Guarded by batcher.mu_.
    int running = 0;
    absl::Duration running_work;
  };

  // The thread of a lane.
  void RunBatches(Lane& lane) {
    while (true) {
      SampleQueue::Samples garbage;
      Tasks late;
      PolicyBatch batch;
      SampleQueue::Samples members;
      {
        absl::MutexLock lock(&mu_);
        mu_.Await(absl::Condition(&HasWork, &lane));
        DropEnded();
        garbage = std::exchange(garbage_, {});
        if (stopping_) return;
        late = Decide(lane, batch, members);
      }
      garbage.clear();
      const absl::Time now = clock_.Now();
      for (const auto& task : late) task->Fail(DeadlineError(*task, now));
      if (!members.empty()) Finish(lane, batch, members, lane.runner.Run(batch, members));
    }
  }

  static bool HasWork(Lane* lane) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    const Impl& batcher = lane->batcher;
    return batcher.stopping_ || !batcher.garbage_.empty() ||
           batcher.queue_.HasWorkFor(lane->device);
  }

  // Lanes of `device`, or all, that run nothing.
  int FreeLanes(std::optional<int> device) const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return static_cast<int>(std::count_if(lanes_.begin(), lanes_.end(), [&](const auto& each) {
      return each->running == 0 && (!device.has_value() || each->device == *device);
    }));
  }

  // Fills in the batch to run; or, when samples are late, returns their tasks and fills in nothing:
  // the next round decides without them.
  Tasks Decide(Lane& lane, PolicyBatch& batch, SampleQueue::Samples& members)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    PolicyDecision decision =
        ChooseBatch(queue_.View(), costs_, clock_.Now(), policy_options_,
                    {lane.device, FreeLanes(lane.device), FreeLanes(std::nullopt)});
    queue_.DropPreviews(decision.dropped_previews);
    metrics_.partial_images_dropped_total.Increment(
        static_cast<double>(decision.dropped_previews.size()));
    Tasks late;
    for (const int index : decision.late) late.push_back(queue_.at(index).progress->task);
    if (!late.empty() || !decision.batch.has_value()) return late;
    batch = *std::move(decision.batch);
    members = queue_.Take(batch.members);
    lane.running = static_cast<int>(members.size());
    for (const auto& sample : members) {
      if (sample->state == nullptr) Begin(*sample);
      sample->device = lane.device;
      lane.running_work += PredictedWork(*sample, costs_);
    }
    UpdateGauge();
    return late;
  }

  // Settles how many steps it gets.
  void Begin(QueuedSample& sample) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const GenerationRequest& request = sample.request();
    StepBudget budget;
    budget.min_steps = request.min_inference_steps;
    budget.max_steps = sample.num_inference_steps;
    if (budget.min_steps >= budget.max_steps) return;
    budget.predicted_work = PredictedWorkOfLanes();
    budget.time_left = request.deadline - clock_.Now();
    sample.num_inference_steps =
        ChooseSteps(budget, models_[request.model_index].num_inference_steps, sample.key, costs_);
    metrics_.denoise_steps_saved_total.Increment(budget.max_steps - sample.num_inference_steps);
    sample.preview_steps = PreviewSteps(request.partial_images, sample.num_inference_steps);
  }

  absl::Duration PredictedWorkOfLanes() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    absl::Duration work = queue_.PredictedWork(costs_);
    for (const auto& lane : lanes_) work += lane->running_work;
    return work / std::max<int>(1, lanes_.size());
  }

  void Finish(Lane& lane, const PolicyBatch& batch, SampleQueue::Samples& members,
              const BatchResult& result) {
    absl::MutexLock lock(&mu_);
    const absl::Time now = clock_.Now();
    if (result.ok) costs_.Observe(batch.stage, batch.key, result.batch_size, result.duration);
    for (std::size_t i = 0; i < members.size(); ++i) {
      QueuedSample& sample = *members[i];
      if (result.batch_size > 0) queue_.Charge(sample, result.duration / result.batch_size);
      if (result.goes_on[i]) {
        queue_.Return(std::move(members[i]), now);
      } else {
        Retire(sample);
      }
    }
    lane.running = 0;
    lane.running_work = absl::ZeroDuration();
    UpdateGauge();
  }

  // Moves waiting samples of ended tasks to the garbage.
  void DropEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    for (auto& sample : queue_.TakeEnded()) {
      Retire(*sample);
      garbage_.push_back(std::move(sample));
    }
    UpdateGauge();
  }

  void Retire(const QueuedSample& sample) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (!queue_.Retire(sample)) return;
    const absl::Status status = sample.task().end_status();
    if (status.ok()) return;
    prometheus::Counter& wasted = status.code() == absl::StatusCode::kCancelled
                                      ? metrics_.wasted_compute_cancelled_seconds
                                  : status.code() == absl::StatusCode::kDeadlineExceeded
                                      ? metrics_.wasted_compute_expired_seconds
                                      : metrics_.wasted_compute_failed_seconds;
    wasted.Increment(absl::ToDoubleSeconds(sample.progress->device_time));
  }

  // When no lane runs any more.
  void FailRemaining() {
    Tasks live;
    {
      absl::MutexLock lock(&mu_);
      live = queue_.Live();
    }
    for (const auto& task : live) task->Fail(Stopping());
    SampleQueue::Samples garbage;
    absl::MutexLock lock(&mu_);
    DropEnded();
    garbage = std::exchange(garbage_, {});
  }

  // The watch thread: ends tasks at their deadline and drops the samples of ended ones.
  void WatchTasks() {
    absl::MutexLock lock(&mu_);
    while (!stopping_) {
      watch_requested_ = false;
      const absl::Time now = clock_.Now();
      const Tasks expired = queue_.Expired(now);
      if (!expired.empty()) {
        mu_.Unlock();
        for (const auto& task : expired) task->Fail(DeadlineError(*task, now));
        mu_.Lock();
      }
      DropEnded();
      mu_.AwaitWithTimeout(absl::Condition(this, &Impl::MustWatch),
                           queue_.EarliestDeadline() - clock_.Now());
    }
  }

  bool MustWatch() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return stopping_ || watch_requested_; }

  void UpdateGauge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    metrics_.queue_depth.Set(queue_.waiting());
  }

  const Clock& clock_;
  PictureConsumer& consumer_;
  Metrics& metrics_;
  BatchPolicyOptions policy_options_;

  absl::Mutex join_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  mutable absl::Mutex mu_;
  std::vector<model::ModelDescription> models_ ABSL_GUARDED_BY(mu_);
  CostModel costs_ ABSL_GUARDED_BY(mu_);
  SampleQueue queue_ ABSL_GUARDED_BY(mu_);
  SampleQueue::Samples garbage_ ABSL_GUARDED_BY(mu_);  // to be destroyed on a lane's thread
  bool watch_requested_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  std::vector<std::unique_ptr<Lane>> lanes_;  // filled by Start, which holds both locks
  std::thread watch_thread_;
};

RequestBatcher::RequestBatcher(const Options& options, const Clock& clock,
                               PictureConsumer& consumer, Metrics& metrics)
    : impl_(std::make_unique<Impl>(options, clock, consumer, metrics)) {}

RequestBatcher::~RequestBatcher() { Stop(); }

void RequestBatcher::Start(std::vector<BatchDevice> devices, CostModel cost_model) {
  impl_->Start(std::move(devices), std::move(cost_model));
}

absl::Status RequestBatcher::Submit(std::shared_ptr<GenerationTask> task) {
  return impl_->Submit(std::move(task));
}

void RequestBatcher::Wake() { impl_->Wake(); }

RequestBatcher::Load RequestBatcher::load() const { return impl_->load(); }

CostModel RequestBatcher::cost_model() const { return impl_->cost_model(); }

bool RequestBatcher::idle() const { return impl_->idle(); }

void RequestBatcher::Stop() { impl_->Stop(); }

}  // namespace strobe::server
