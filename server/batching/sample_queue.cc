#include "server/batching/sample_queue.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace strobe::server {
namespace {

WorkTally& TallyOf(const QueuedSample& sample, std::array<WorkTally, kPriorityCount>& tallies) {
  return tallies[static_cast<int>(sample.request().priority)];
}

}  // namespace

WaitingSample ViewOf(const QueuedSample& sample) {
  const GenerationRequest& request = sample.request();
  WaitingSample view;
  view.key = sample.key;
  view.plan = sample.plan;
  view.steps_done = sample.steps_done;
  view.least_steps_left =
      sample.begun ? sample.plan.steps_left() : request.min_inference_steps - sample.steps_done;
  view.device = sample.device;
  view.siblings = sample.progress->samples_left;
  view.preview_due = sample.preview_due;
  view.priority = request.priority;
  view.deadline_policy = request.deadline_policy;
  view.arrival = request.arrival;
  view.due = request.due();
  view.order = sample.order;
  if (sample.caller_service != nullptr) view.caller_service = *sample.caller_service;
  if (sample.key_service != nullptr) view.key_service = *sample.key_service;
  return view;
}

bool Advance(Stage stage, QueuedSample& sample) {
  if (stage == Stage::kPreview) return true;
  const model::StageTraits& traits = TraitsOf(stage);
  if (traits.gives_picture) return false;
  sample.plan.Advance();
  sample.steps_done += traits.repeats;
  return true;
}

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
  progress->task = std::move(task);
  progress->samples_left = static_cast<int>(request.samples.size());
  if (progress->samples_left == 0) return;
  const BatchKey key = KeyOf(request);
  for (int i = 0; i < progress->samples_left; ++i) {
    const model::GenerationSpec& spec = request.samples[i];
    auto sample = std::make_unique<QueuedSample>();
    sample->progress = progress;
    sample->index = i;
    sample->key = key;
    sample->plan = StagePlan(request.stages, spec.num_inference_steps);
    sample->preview_steps = PreviewSteps(request.partial_images, spec.num_inference_steps);
    sample->waiting_since = now;
    sample->order = added_++;
    sample->caller_service = callers_.Enter(request.caller);
    sample->key_service = keys_.Enter(sample->key);
    Insert(std::move(sample));
  }
  live_.insert(progress);
}

absl::Span<const WaitingSample> SampleQueue::View() const {
  if (!std::exchange(services_changed_, false)) return view_;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    view_[i].caller_service = *waiting_[i]->caller_service;
    view_[i].key_service = *waiting_[i]->key_service;
  }
  return view_;
}

void SampleQueue::FillInServices(const std::string& caller, WaitingSample& sample) const {
  sample.order = added_;
  sample.caller_service = callers_.Service(caller);
  sample.key_service = keys_.Service(sample.key);
}

void SampleQueue::Insert(std::unique_ptr<QueuedSample> sample) {
  view_.push_back(ViewOf(*sample));
  TallyOf(*sample, work_).Add(sample->key, sample->plan);
  waiting_.push_back(std::move(sample));
}

std::unique_ptr<QueuedSample> SampleQueue::Remove(int index) {
  std::unique_ptr<QueuedSample> sample = std::move(waiting_[index]);
  TallyOf(*sample, work_).Remove(sample->key, sample->plan);
  waiting_[index] = std::move(waiting_.back());
  view_[index] = view_.back();
  waiting_.pop_back();
  view_.pop_back();
  return sample;
}

void SampleQueue::DropPreviews(absl::Span<const int> indices) {
  for (const int index : indices) waiting_[index]->preview_due = view_[index].preview_due = false;
}

SampleQueue::Samples SampleQueue::Take(absl::Span<const int> indices) {
  // From the back, so that what fills a place is never one of those to come.
  std::vector<int> places(indices.size());
  std::iota(places.begin(), places.end(), 0);
  std::sort(places.begin(), places.end(), [&](int a, int b) { return indices[a] > indices[b]; });
  Samples taken(indices.size());
  for (const int place : places) taken[place] = Remove(indices[place]);
  return taken;
}

SampleQueue::Samples SampleQueue::TakeEnded() {
  Samples ended;
  for (int i = waiting() - 1; i >= 0; --i) {
    if (waiting_[i]->task().ended()) ended.push_back(Remove(i));
  }
  return ended;
}

void SampleQueue::Return(std::unique_ptr<QueuedSample> sample, absl::Time now) {
  sample->waiting_since = now;
  Insert(std::move(sample));
}

bool SampleQueue::HasWorkFor(int device) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [device](const auto& each) {
    return each->device == kNoDevice || each->device == device;
  });
}

void SampleQueue::Charge(const QueuedSample& sample, absl::Duration time) {
  sample.progress->device_time += time;
  services_changed_ = true;
  callers_.Charge(sample.request().caller, time);
  keys_.Charge(sample.key, time);
}

bool SampleQueue::Retire(const QueuedSample& sample) {
  callers_.Leave(sample.request().caller);
  keys_.Leave(sample.key);
  if (--sample.progress->samples_left > 0) {
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (waiting_[i]->progress == sample.progress) --view_[i].siblings;
    }
    return false;
  }
  live_.erase(sample.progress);
  return true;
}

std::vector<std::shared_ptr<GenerationTask>> SampleQueue::Live() const {
  std::vector<std::shared_ptr<GenerationTask>> live;
  for (const auto& each : live_) live.push_back(each->task);
  return live;
}

absl::Duration PredictedWork(const QueuedSample& sample, const DeviceCosts& costs) {
  return costs.PredictAmortized(sample.key, sample.plan);
}

}  // namespace strobe::server
