#include "server/batching/lineup.h"

#include <algorithm>

#include "absl/base/attributes.h"

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

// How long `least` takes of a sample alone, when its request takes `together`: its siblings may be
// further, but none is done before it is decoded.
Nanos LeastTime(const StagePlan& least, const BatchTimes& solo, const BatchTimes& together) {
  return least.Total(solo.best) - solo.best[Stage::kDecode] + together.best[Stage::kDecode];
}

Nanos ExpectedTime(const StagePlan& least, const BatchTimes& together) {
  const Nanos expected = least.Total(together.mean);
  return least.next() == Stage::kEncodePrompt ? expected * kMarginPercent / 100 : expected;
}

}  // namespace

Lineup::Lineup(const CostModel& costs, absl::Time now, const BatchPolicyOptions& options, int lanes,
               std::optional<int> device, absl::Span<const CostModel> devices)
    : now_(now),
      device_(device),
      lanes_(lanes),
      ageing_(ToNanos(options.ageing)),
      batch_priority_ageing_(ToNanos(options.batch_priority_ageing)),
      keys_(costs, options.max_batch_size) {
  for (int other = 0; other < static_cast<int>(devices.size()); ++other) {
    if (other != device)
      elsewhere_.emplace_back(other, KeyCostTable(devices[other], options.max_batch_size));
  }
}

// Samples of a key mostly come in a few plans, and often one after the other.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline const Lineup::Foresight& Lineup::Foresee(
    const WaitingSample& sample, const StagePlan& least, int key) {
  if (key >= static_cast<int>(foreseen_.size())) foreseen_.resize(key + 1);
  Foresight& last = foreseen_[key];
  if (last.siblings == sample.siblings && last.plan == least) return last;
  const BatchTimes& together = Together(sample, key, keys_);
  last = {least, sample.siblings, LeastTime(least, keys_[key].solo, together),
          ExpectedTime(least, together)};
  return last;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline void Lineup::SetUrgency(const WaitingSample& sample,
                                                            Candidate& candidate) const {
  const bool batch = sample.priority == Priority::kBatch;
  candidate.arrival = sample.arrival.After(now_);
  const Nanos aged = candidate.arrival + (batch ? batch_priority_ageing_ : ageing_);
  if (aged <= 0 || (candidate.due != kNever && !batch)) {
    candidate.time = std::min(aged, candidate.due);
  } else if (candidate.due != kNever) {
    candidate.SetRank(2);
    candidate.time = candidate.due;
  } else {
    candidate.SetRank(batch ? 3 : 1, candidate.stage);
    candidate.time = candidate.arrival;
  }
}

// False when it is late.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Lineup::Add(const WaitingSample& sample) {
  // Written where it stays: copying what was just written piecewise costs more than all the rest.
  Candidate& candidate = candidates_.emplace_back();
  candidate.sample = &sample;
  candidate.key = keys_.IndexOf(sample.key);
  candidate.stage = sample.plan.next();
  candidate.due = sample.due.After(now_);
  const StagePlan least = LeastPlan(sample);
  const Foresight& foreseen = Foresee(sample, least, candidate.key);
  const Nanos due = candidate.due;
  if (foreseen.least > due || due <= 0) {
    candidates_.pop_back();
    return due > 0 && IsInTimeElsewhere(sample, [&](const auto& solo, const auto& together) {
             return LeastTime(least, solo, together) <= due;
           });
  }
  if (device_.has_value() && sample.device != kNoDevice && sample.device != *device_) {
    candidates_.pop_back();
    return true;
  }
  candidate.may_end_early = sample.steps_done > 0 && TraitsOf(candidate.stage).repeats &&
                            sample.deadline_policy == DeadlinePolicy::kBestEffort;
  has_best_effort_ |= candidate.may_end_early;
  candidate.rest = least;
  if (candidate.stage == least.next()) candidate.rest.Advance();
  if (foreseen.expected > due) {
    if (IsInTimeElsewhere(sample, [&](const auto&, const auto& together) {
          return ExpectedTime(least, together) <= due;
        })) {
      candidates_.pop_back();
      return true;
    }
    candidate.Penalize(kDoomed);
  } else {
    callers_.Include(sample.caller_service);
    flows_of_key_.Include(sample.key_service);
    quantum_ = std::max(quantum_, keys_[candidate.key].full_step);
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
const BatchTimes& Lineup::Together(const WaitingSample& sample, int key, KeyCostTable& keys) const {
  if (sample.siblings == 1) return keys[key].solo;
  return keys.Together(key, (sample.siblings + lanes_ - 1) / lanes_);
}

// Whether a device other than the one that asks may go on with `sample` and has it in time.
template <typename Rule>
bool Lineup::IsInTimeElsewhere(const WaitingSample& sample, Rule is_in_time) {
  for (auto& [device, keys] : elsewhere_) {
    if (sample.device != kNoDevice && sample.device != device) continue;
    const int key = keys.IndexOf(sample.key);
    const BatchTimes& together = Together(sample, key, keys);
    if (is_in_time(keys[key].solo, together)) return true;
  }
  return false;
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
    if (candidate.penalty() == kNoPenalty) range.Include(candidate.sample->*service);
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
    if (candidate.penalty() == kNoPenalty && candidate.sample->*service > limit) {
      candidate.Penalize(penalty);
    }
  }
  return true;
}

}  // namespace strobe::server
