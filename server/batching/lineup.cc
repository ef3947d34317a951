#include "server/batching/lineup.h"

#include <algorithm>

namespace strobe::server {
namespace {

// What has not begun is expected to take so much of its mean time: others share the lanes with it,
// and times vary.
constexpr int kMarginPercent = 150;

// The fewest denoising steps after which `sample` can be decoded.
int LeastSteps(const WaitingSample& sample) {
  const int planned = sample.stage == Stage::kDecode ? 0 : sample.steps_left;
  return std::min(planned, sample.deadline_policy != DeadlinePolicy::kBestEffort
                               ? sample.least_steps_left
                           : sample.steps_done > 0 ? 0
                                                   : 1);
}

}  // namespace

bool Lineup::Add(const WaitingSample& sample, int index) {
  // Written where it stays: copying what was just written piecewise costs more than all the rest.
  Candidate& candidate = candidates_.emplace_back();
  candidate.sample = &sample;
  candidate.index = index;
  candidate.key = keys_.IndexOf(sample.key);
  candidate.stage = sample.stage;
  candidate.due = sample.due.After(now_);
  const KeyCosts& costs = keys_[candidate.key];
  const int least = LeastSteps(sample);
  const bool encodes = sample.stage == Stage::kEncodePrompt;

  Nanos least_total = costs.best.decode + costs.best.denoise * least;
  if (encodes) least_total += costs.best.encode;
  if (least_total > candidate.due || candidate.due <= 0) {
    candidates_.pop_back();
    return false;
  }
  if (device_.has_value() && sample.device != kNoDevice && sample.device != *device_) {
    candidates_.pop_back();
    return true;
  }
  if (sample.deadline_policy == DeadlinePolicy::kBestEffort && sample.stage == Stage::kDenoise &&
      sample.steps_done > 0 && costs.mean.denoise + costs.mean.decode > candidate.due) {
    candidate.stage = Stage::kDecode;
  }
  candidate.decodes_after = candidate.stage != Stage::kDecode;
  candidate.steps_after = encodes                              ? least
                          : candidate.stage == Stage::kDenoise ? std::max(0, least - 1)
                                                               : 0;
  Nanos expected = costs.mean.decode + costs.mean.denoise * least;
  if (encodes) expected = (expected + costs.mean.encode) * kMarginPercent / 100;
  if (expected > candidate.due) {
    candidate.penalty = kDoomed;
  } else {
    callers_.Include(sample.caller_service);
    flows_of_key_.Include(sample.key_service);
    quantum_ = std::max(quantum_, costs.full_step);
  }
  candidate.order = sample.order;
  SetUrgency(sample, candidate);
  return true;
}

void Lineup::SetUrgency(const WaitingSample& sample, Candidate& candidate) const {
  const bool batch = sample.priority == Priority::kBatch;
  candidate.arrival = sample.arrival.After(now_);
  const Nanos aged = candidate.arrival + (batch ? batch_priority_ageing_ : ageing_);
  if (aged <= 0 || (candidate.due != kNever && !batch)) {
    candidate.time = std::min(aged, candidate.due);
  } else if (candidate.due != kNever) {
    candidate.rank = 2;
    candidate.time = candidate.due;
  } else {
    candidate.rank = batch ? 3 : 1;
    candidate.stage_order =
        static_cast<int8_t>(static_cast<int>(Stage::kDecode) - static_cast<int>(candidate.stage));
    candidate.time = candidate.arrival;
  }
}

void Lineup::PenalizeOverserved() {
  if (Penalize(kCallerOverserved, &WaitingSample::caller_service, callers_)) {
    flows_of_key_ = ServiceOfUnpenalized(&WaitingSample::key_service);
  }
  Penalize(kKeyOverserved, &WaitingSample::key_service, flows_of_key_);
}

ServiceRange Lineup::ServiceOfUnpenalized(absl::Duration WaitingSample::*service) const {
  ServiceRange range;
  for (const Candidate& candidate : candidates_) {
    if (candidate.penalty == kNoPenalty) range.Include(candidate.sample->*service);
  }
  return range;
}

// Gives `penalty` to those without one whose flow has had more than a full step beyond the least
// served one; `range` is that of all of them. True when there are any.
bool Lineup::Penalize(Penalty penalty, absl::Duration WaitingSample::*service,
                      const ServiceRange& range) {
  const absl::Duration limit = range.least + absl::Nanoseconds(quantum_);
  if (range.most <= limit) return false;
  for (Candidate& candidate : candidates_) {
    if (candidate.penalty == kNoPenalty && candidate.sample->*service > limit) {
      candidate.penalty = penalty;
    }
  }
  return true;
}

}  // namespace strobe::server
