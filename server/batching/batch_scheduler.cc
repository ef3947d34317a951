#include "server/batching/batch_scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/batching/expected_wait.h"
#include "server/batching/step_choice.h"

namespace strobe::server {
namespace {

// What devices are compared by.
constexpr StagePlan kOneStep(model::kTextToImage, 1);

}  // namespace

void BatchScheduler::SetCosts(DeviceCosts costs) { costs_ = std::move(costs); }

int BatchScheduler::AddLane(int device) {
  if (device >= static_cast<int>(memory_.size())) memory_.resize(device + 1);
  declined_.push_back(false);
  return board_.AddLane(device);
}

void BatchScheduler::Add(std::shared_ptr<GenerationTask> task, absl::Time now) {
  queue_.Add(std::move(task), now);
  OfferAgain();
  UpdateGauge();
}

BatchScheduler::Decision BatchScheduler::Decide(int lane, absl::Time now) {
  const int device = board_.device(lane);
  PolicyLane asking{device, board_.FreeLanes(device), board_.FreeLanes(), board_.lanes(),
                    &memory_[device]};
  if (!costs_.alike()) asking.devices = costs_.all();
  PolicyDecision chosen =
      ChooseBatch(queue_.View(), costs_.of(device), now, options_.policy, asking);
  queue_.DropPreviews(chosen.dropped_previews);
  metrics_.partial_images_dropped_total.Increment(
      static_cast<double>(chosen.dropped_previews.size()));
  Decision decision;
  for (const int index : chosen.late) decision.late.push_back(queue_.at(index).progress->task);
  declined_[lane] = decision.late.empty() && !chosen.batch.has_value();
  if (!decision.late.empty() || !chosen.batch.has_value()) return decision;
  decision.batch = *std::move(chosen.batch);
  decision.members = queue_.Take(decision.batch.members);

  for (const auto& sample : decision.members) {
    sample->device = device;
    if (!sample->begun) Begin(*sample, static_cast<int>(decision.members.size()), now);
  }
  board_.Begin(lane, Describe(decision, device, now));
  UpdateGauge();
  return decision;
}

RunningBatch BatchScheduler::Describe(const Decision& decision, int device, absl::Time now) const {
  const CostModel& costs = costs_.of(device);
  RunningBatch running;
  running.stage = decision.batch.stage;
  running.key = decision.batch.key;
  running.batch_size = static_cast<int>(decision.members.size());
  for (const auto& sample : decision.members) {
    WaitingSample view = ViewOf(*sample);
    running.work[static_cast<int>(view.priority)] += PredictedWork(*sample, costs_);
    if (Advance(running.stage, view)) running.members.push_back(view);
  }
  running.start = now;
  running.expected = costs.Predict(running.stage, running.key, running.batch_size);
  running.speed = costs_.RelativeSpeed(device, running.key, kOneStep);
  running.limit =
      HangLimit(costs, running.stage, running.key, running.batch_size, options_.hang_timeout);
  return running;
}

void BatchScheduler::Begin(QueuedSample& sample, int batch_size, absl::Time now) {
  sample.begun = true;
  const GenerationRequest& request = sample.request();
  StepBudget budget;
  budget.min_steps = request.min_inference_steps;
  budget.max_steps = sample.plan.steps_left();
  budget.stages = request.stages;
  if (budget.min_steps >= budget.max_steps) return;
  budget.predicted_work = PredictedWorkOfLanes(request.priority);
  budget.time_left = request.due() - now;
  budget.batch_size = batch_size;
  budget.max_batch_size = options_.policy.max_batch_size;
  const int steps = ChooseSteps(budget, request.model.description().num_inference_steps, sample.key,
                                costs_.of(sample.device));
  sample.plan.SetSteps(steps);
  metrics_.denoise_steps_saved_total.Increment(budget.max_steps - steps);
  sample.preview_steps = PreviewSteps(request.partial_images, steps);
}

absl::Duration BatchScheduler::PredictedWorkOfLanes(Priority priority) const {
  absl::Duration work;
  for (const Priority each : {Priority::kInteractive, Priority::kBatch}) {
    if (each > priority) continue;
    work += queue_.PredictedWork(each, costs_) + board_.running_work(each);
  }
  if (work == absl::ZeroDuration()) return work;
  const std::optional<BatchKey> key = AnyKey();
  return work / (key.has_value() ? LanesLikeFastest(*key) : std::max(1, board_.lanes()));
}

std::optional<BatchKey> BatchScheduler::AnyKey() const {
  if (queue_.waiting() > 0) return queue_.at(0).key;
  return board_.AnyKey();
}

double BatchScheduler::LanesLikeFastest(const BatchKey& key) const {
  if (costs_.alike()) return std::max(1, board_.lanes());
  double lanes = 0;
  for (int lane = 0; lane < board_.lanes(); ++lane) {
    lanes += costs_.RelativeSpeed(board_.device(lane), key, kOneStep);
  }
  return lanes;
}

absl::Duration BatchScheduler::PredictWait(WaitingSample newcomer, int images,
                                           const std::string& caller, absl::Time now) const {
  queue_.FillInServices(caller, newcomer);
  return strobe::server::PredictWait(newcomer, images, {queue_.View(), board_.running()},
                                     {LanesLikeFastest(newcomer.key), board_.rest_of_stages(now)},
                                     costs_.of(costs_.FastestFor(newcomer.key, newcomer.plan)), now,
                                     options_.policy);
}

std::optional<FatalFault> BatchScheduler::Finish(int lane, const PolicyBatch& batch,
                                                 SampleQueue::Samples& members,
                                                 const BatchResult& result, absl::Time now) {
  std::optional<FatalFault> fault = Learn(board_.device(lane), batch, result, now);
  const absl::Duration share = result.duration / std::max(1, result.batch_size);
  for (std::size_t i = 0; i < members.size(); ++i) {
    QueuedSample& sample = *members[i];
    if (result.batch_size > 0) queue_.Charge(sample, share);
    if (result.goes_on[i]) {
      queue_.Return(std::move(members[i]), now);
    } else {
      Retire(sample);
    }
  }
  board_.End(lane);
  OfferAgain();
  UpdateGauge();
  return fault;
}

std::optional<FatalFault> BatchScheduler::Learn(int device, const PolicyBatch& batch,
                                                const BatchResult& result, absl::Time now) {
  MemoryLimits& memory = memory_[device];
  if (result.status.ok() && result.batch_size == 0) return std::nullopt;
  if (result.status.ok()) {
    costs_.of(device).Observe(batch.stage, batch.key, result.batch_size, result.duration);
    memory.Fitted(batch.stage, batch.key);
    return std::nullopt;
  }
  const EngineFault fault = FaultOf(result.status);
  const bool exhausted = fault == EngineFault::kOutOfMemory &&
                         memory.DidNotFit(batch.stage, batch.key, result.batch_size, now);
  if (!exhausted && fault != EngineFault::kDeviceLost) return std::nullopt;
  return FatalFault{EngineFault::kDeviceLost,
                    absl::StrCat(exhausted ? "the device's memory is gone: " : "device lost: ",
                                 result.status.message())};
}

SampleQueue::Samples BatchScheduler::TakeEnded() {
  SampleQueue::Samples ended = queue_.TakeEnded();
  for (const auto& sample : ended) Retire(*sample);
  if (!ended.empty()) OfferAgain();
  UpdateGauge();
  return ended;
}

void BatchScheduler::Retire(const QueuedSample& sample) {
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

std::optional<FatalFault> BatchScheduler::FindHungStage(absl::Time now) const {
  const std::optional<RunningBatch> batch = board_.Overdue(now);
  if (!batch.has_value()) return std::nullopt;
  return FatalFault{
      EngineFault::kHung,
      absl::StrCat("the engine hangs: ", StageName(batch->stage), " of a batch of ",
                   batch->batch_size, " at ", batch->key.width, "x", batch->key.height,
                   " has run for ", absl::FormatDuration(now - batch->start))};
}

}  // namespace strobe::server
