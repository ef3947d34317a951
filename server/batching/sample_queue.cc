#include "server/batching/sample_queue.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace strobe::server {
namespace {

struct Shares {
  absl::Duration encode;
  absl::Duration denoise;
  absl::Duration decode;
};

Shares SharesOf(const BatchKey& key, const CostModel& costs) {
  return {costs.PredictShare(Stage::kEncodePrompt, key), costs.PredictShare(Stage::kDenoise, key),
          costs.PredictShare(Stage::kDecode, key)};
}

absl::Duration WorkLeft(const QueuedSample& sample, const Shares& shares) {
  absl::Duration work = shares.decode;
  if (sample.stage != Stage::kDecode) {
    work += shares.denoise * (sample.num_inference_steps - sample.steps_done);
  }
  if (sample.stage == Stage::kEncodePrompt) work += shares.encode;
  return work;
}

template <typename Predicate>
SampleQueue::Samples Extract(SampleQueue::Samples& samples, Predicate wanted) {
  const auto middle = std::stable_partition(samples.begin(), samples.end(),
                                            [&](const auto& each) { return !wanted(*each); });
  SampleQueue::Samples taken(std::make_move_iterator(middle),
                             std::make_move_iterator(samples.end()));
  samples.erase(middle, samples.end());
  return taken;
}

}  // namespace

std::set<int> PreviewSteps(int count, int steps) {
  std::set<int> chosen;
  const int wanted = std::min(count, steps - 1);
  for (int i = 1; i <= wanted; ++i) {
    // Rounded to the nearest; the spacing is at least 1, so that no two coincide.
    chosen.insert((2 * i * steps + wanted + 1) / (2 * (wanted + 1)));
  }
  return chosen;
}

void SampleQueue::Add(std::shared_ptr<GenerationTask> task, absl::Time now) {
  const GenerationRequest& request = task->request();
  const auto progress = std::make_shared<TaskProgress>();
  progress->samples_left = static_cast<int>(request.samples.size());
  if (progress->samples_left == 0) return;
  for (int i = 0; i < progress->samples_left; ++i) {
    const model::GenerationSpec& spec = request.samples[i];
    auto sample = std::make_unique<QueuedSample>();
    sample->progress = progress;
    sample->index = i;
    sample->key = {request.model_index, spec.width, spec.height};
    sample->num_inference_steps = spec.num_inference_steps;
    sample->preview_steps = PreviewSteps(request.partial_images, spec.num_inference_steps);
    sample->waiting_since = now;
    sample->caller_service = callers_.Enter(request.caller);
    sample->key_service = keys_.Enter(sample->key);
    waiting_.push_back(std::move(sample));
  }
  progress->task = std::move(task);
  live_.insert(progress);
}

std::vector<WaitingSample> SampleQueue::View() const {
  std::vector<WaitingSample> view;
  view.reserve(waiting_.size());
  for (const auto& sample : waiting_) {
    const GenerationRequest& request = sample->request();
    const int least_steps =
        sample->state == nullptr ? request.min_inference_steps : sample->num_inference_steps;
    view.push_back({sample->key, sample->stage, sample->steps_done,
                    sample->num_inference_steps - sample->steps_done,
                    least_steps - sample->steps_done, sample->device, sample->preview_due,
                    request.priority, request.deadline_policy, request.arrival, request.deadline,
                    *sample->caller_service, *sample->key_service});
  }
  return view;
}

void SampleQueue::DropPreviews(absl::Span<const int> indices) {
  for (const int index : indices) waiting_[index]->preview_due = false;
}

SampleQueue::Samples SampleQueue::Take(absl::Span<const int> indices) {
  Samples taken;
  for (const int index : indices) taken.push_back(std::move(waiting_[index]));
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), nullptr), waiting_.end());
  return taken;
}

SampleQueue::Samples SampleQueue::TakeEnded() {
  return Extract(waiting_, [](const QueuedSample& each) { return each.task().ended(); });
}

void SampleQueue::Return(std::unique_ptr<QueuedSample> sample, absl::Time now) {
  sample->waiting_since = now;
  waiting_.push_back(std::move(sample));
}

bool SampleQueue::HasWorkFor(int device) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [device](const auto& each) {
    return each->device == kNoDevice || each->device == device;
  });
}

void SampleQueue::Charge(const QueuedSample& sample, absl::Duration time) {
  sample.progress->device_time += time;
  callers_.Charge(sample.request().caller, time);
  keys_.Charge(sample.key, time);
}

bool SampleQueue::Retire(const QueuedSample& sample) {
  callers_.Leave(sample.request().caller);
  keys_.Leave(sample.key);
  if (--sample.progress->samples_left > 0) return false;
  live_.erase(sample.progress);
  return true;
}

std::vector<std::shared_ptr<GenerationTask>> SampleQueue::Expired(absl::Time now) const {
  std::vector<std::shared_ptr<GenerationTask>> expired;
  for (const auto& each : live_) {
    if (each->task->request().deadline <= now && !each->task->ended()) {
      expired.push_back(each->task);
    }
  }
  return expired;
}

std::vector<std::shared_ptr<GenerationTask>> SampleQueue::Live() const {
  std::vector<std::shared_ptr<GenerationTask>> live;
  for (const auto& each : live_) live.push_back(each->task);
  return live;
}

absl::Time SampleQueue::EarliestDeadline() const {
  absl::Time earliest = absl::InfiniteFuture();
  for (const auto& each : live_) {
    const absl::Time deadline = each->task->request().deadline;
    if (deadline < earliest && !each->task->ended()) earliest = deadline;
  }
  return earliest;
}

absl::Duration SampleQueue::PredictedWork(const CostModel& costs) const {
  std::map<BatchKey, Shares> shares;
  absl::Duration work;
  for (const auto& sample : waiting_) {
    const auto [entry, is_new] = shares.try_emplace(sample->key);
    if (is_new) entry->second = SharesOf(sample->key, costs);
    work += WorkLeft(*sample, entry->second);
  }
  return work;
}

absl::Duration PredictedWork(const QueuedSample& sample, const CostModel& costs) {
  return WorkLeft(sample, SharesOf(sample.key, costs));
}

}  // namespace strobe::server
