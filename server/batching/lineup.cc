#include "server/batching/lineup.h"

#include <algorithm>

namespace strobe::server {
namespace {

// What has not begun is expected to take so much of its mean time: others share the lanes with it,
// and times vary.
constexpr int kMarginPercent = 150;

// The plan of `sample` with the fewest denoising steps after which it can be decoded.
StagePlan LeastPlan(const WaitingSample& sample) {
  const int needed = sample.deadline_policy != DeadlinePolicy::kBestEffort ? sample.least_steps_left
                     : sample.steps_done > 0                               ? 0
                                                                           : 1;
  return sample.plan.WithSteps(std::min(sample.plan.steps_left(), needed));
}

}  // namespace

// False when it is late.
inline bool Lineup::Add(const WaitingSample& sample) {
  // Written where it stays: copying what was just written piecewise costs more than all the rest.
  Candidate& candidate = candidates_.emplace_back();
  candidate.sample = &sample;
  candidate.key = keys_.IndexOf(sample.key);
  candidate.stage = sample.plan.next();
  candidate.due = sample.due.After(now_);
  const KeyCosts& costs = keys_[candidate.key];
  const BatchTimes& together = Together(sample, candidate.key);
  const StagePlan least = LeastPlan(sample);

  // Its siblings may be further, but none is done before it is decoded.
  const Nanos least_total = least.Total(costs.solo.best) - costs.solo.best[Stage::kDecode] +
                            together.best[Stage::kDecode];
  if (least_total > candidate.due || candidate.due <= 0) {
    candidates_.pop_back();
    return false;
  }
  if (device_.has_value() && sample.device != kNoDevice && sample.device != *device_) {
    candidates_.pop_back();
    return true;
  }
  candidate.may_end_early = sample.steps_done > 0 && TraitsOf(candidate.stage).repeats &&
                            sample.deadline_policy == DeadlinePolicy::kBestEffort;
  candidate.rest = least;
  if (candidate.stage == least.next()) candidate.rest.Advance();
  Nanos expected = least.Total(together.mean);
  if (candidate.stage == Stage::kEncodePrompt) expected = expected * kMarginPercent / 100;
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

void Lineup::Add(absl::Span<const WaitingSample> samples, std::vector<int>& late) {
  candidates_.reserve(candidates_.size() + samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!Add(samples[i])) late.push_back(static_cast<int>(i));
  }
}

// What its request as a whole takes; the lanes share it.
const BatchTimes& Lineup::Together(const WaitingSample& sample, int key) {
  if (sample.siblings == 1) return keys_[key].solo;
  return keys_.Together(key, (sample.siblings + lanes_ - 1) / lanes_);
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
