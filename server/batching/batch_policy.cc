#include "server/batching/batch_policy.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <tuple>
#include <utility>

namespace strobe::server {
namespace {

// Lower runs first.
struct Urgency {
  int rank = 0;         // 0: by due time, 1: interactive, 2 and 3: batch with and without deadline
  int stage_order = 0;  // 0: decode, 1: denoise, 2: encode; only where no deadline counts
  absl::Time time;      // due time or arrival
  absl::Time arrival;   // ties
  int index = 0;        // ties

  friend bool operator<(const Urgency& a, const Urgency& b) {
    return std::tie(a.rank, a.stage_order, a.time, a.arrival, a.index) <
           std::tie(b.rank, b.stage_order, b.time, b.arrival, b.index);
  }
};

struct Candidate {
  int index = 0;
  Stage stage = Stage::kEncodePrompt;  // what it would run
  absl::Duration rest;                 // expected time after that stage, alone
  Urgency urgency;
};

// Durations of the stages for a batch of one.
struct SoloCosts {
  absl::Duration encode;
  absl::Duration denoise;
  absl::Duration decode;
};

struct KeyCosts {
  SoloCosts mean;
  SoloCosts best;
  absl::Duration full_step;  // one denoising step of the largest batch
};

// One decision; lives as long as its arguments.
class Chooser {
 public:
  Chooser(absl::Span<const WaitingSample> waiting, const CostModel& costs, absl::Time now,
          const BatchPolicyOptions& options, const PolicyLane& lane)
      : waiting_(waiting), costs_(costs), now_(now), options_(options), lane_(lane) {}

  PolicyDecision Choose() {
    for (int i = 0; i < static_cast<int>(waiting_.size()); ++i) Classify(i);
    std::sort(candidates_.begin(), candidates_.end(),
              [](const Candidate& a, const Candidate& b) { return a.urgency < b.urgency; });
    const auto fair = PutOverservedLast(candidates_.end(), &WaitingSample::caller_service);
    PutOverservedLast(fair, &WaitingSample::key_service);
    if (!candidates_.empty() && !ChoosePreview()) {
      const Stage stage = candidates_.front().stage;
      PolicyBatch batch = Fill(stage, ShareOf(stage), absl::InfiniteDuration());
      PolicyBatch joiners = Joiners(batch);
      decision_.batch = joiners.members.empty() ? std::move(batch) : std::move(joiners);
    }
    return std::move(decision_);
  }

 private:
  SoloCosts Predict(const BatchKey& key, CostBasis basis) const {
    return {costs_.Predict(Stage::kEncodePrompt, key, 1, basis),
            costs_.Predict(Stage::kDenoise, key, 1, basis),
            costs_.Predict(Stage::kDecode, key, 1, basis)};
  }

  const KeyCosts& Solo(const BatchKey& key) {
    const auto [entry, is_new] = solo_.try_emplace(key);
    if (is_new) {
      entry->second = {Predict(key, CostBasis::kMean), Predict(key, CostBasis::kBest),
                       costs_.Predict(Stage::kDenoise, key, options_.max_batch_size)};
    }
    return entry->second;
  }

  // Either late or a candidate.
  void Classify(int index) {
    const WaitingSample& sample = waiting_[index];
    const auto& [mean, best, full_step] = Solo(sample.key);
    const bool best_effort = sample.deadline_policy == DeadlinePolicy::kBestEffort;
    const int planned = sample.stage == Stage::kDecode ? 0 : sample.steps_left;
    const int least = best_effort ? std::min(planned, sample.steps_done > 0 ? 0 : 1)
                                  : std::min(planned, sample.least_steps_left);

    Candidate candidate{index, sample.stage};
    if (best_effort && sample.stage == Stage::kDenoise && sample.steps_done > 0 &&
        now_ + mean.denoise + mean.decode > sample.deadline) {
      candidate.stage = Stage::kDecode;
    }
    absl::Duration least_total = best.decode + best.denoise * least;
    if (sample.stage == Stage::kEncodePrompt) least_total += best.encode;
    if (now_ + least_total > sample.deadline || now_ >= sample.deadline) {
      decision_.late.push_back(index);
      return;
    }
    if (sample.device != kNoDevice && sample.device != lane_.device) return;
    if (candidate.stage == Stage::kEncodePrompt) {
      candidate.rest = mean.denoise * least + mean.decode;
    } else if (candidate.stage == Stage::kDenoise) {
      candidate.rest = mean.denoise * std::max(0, least - 1) + mean.decode;
    }
    candidate.urgency = UrgencyOf(index, candidate.stage);
    candidates_.push_back(candidate);
  }

  Urgency UrgencyOf(int index, Stage stage) const {
    const WaitingSample& sample = waiting_[index];
    const bool batch = sample.priority == Priority::kBatch;
    const bool has_deadline = sample.deadline != absl::InfiniteFuture();
    const absl::Time aged =
        sample.arrival + (batch ? options_.batch_priority_ageing : options_.ageing);
    Urgency urgency;
    urgency.arrival = sample.arrival;
    urgency.index = index;
    if (now_ >= aged || (has_deadline && !batch)) {
      urgency.time = std::min(aged, sample.deadline);
    } else if (has_deadline) {
      urgency.rank = 2;
      urgency.time = sample.deadline;
    } else {
      urgency.rank = batch ? 3 : 1;
      urgency.stage_order = static_cast<int>(Stage::kDecode) - static_cast<int>(stage);
      urgency.time = sample.arrival;
    }
    return urgency;
  }

  // How long its batch may take.
  absl::Duration Slack(const Candidate& candidate) const {
    return waiting_[candidate.index].deadline - now_ - candidate.rest;
  }

  // Of the candidates up to `end`, moves those whose flow has had more than a full step beyond the
  // least served one behind the others. Returns where they begin.
  std::vector<Candidate>::iterator PutOverservedLast(std::vector<Candidate>::iterator end,
                                                     absl::Duration WaitingSample::*service) {
    absl::Duration least = absl::InfiniteDuration();
    absl::Duration quantum;
    for (auto it = candidates_.begin(); it != end; ++it) {
      const WaitingSample& sample = waiting_[it->index];
      least = std::min(least, sample.*service);
      quantum = std::max(quantum, Solo(sample.key).full_step);
    }
    return std::stable_partition(candidates_.begin(), end, [&](const Candidate& each) {
      return waiting_[each.index].*service <= least + quantum;
    });
  }

  bool FitsIn(const Candidate& candidate, Stage stage) const {
    return candidate.stage == stage &&
           waiting_[candidate.index].key == waiting_[candidates_.front().index].key;
  }

  // How many of the leader's key this lane takes at `stage`: all, unless free lanes share them.
  int ShareOf(Stage stage) const {
    const int lanes = stage == Stage::kEncodePrompt ? lane_.free_lanes : lane_.free_lanes_of_device;
    const int fitting =
        static_cast<int>(std::count_if(candidates_.begin(), candidates_.end(),
                                       [&](const Candidate& each) { return FitsIn(each, stage); }));
    return std::min(LargestBatch(stage), (fitting + lanes - 1) / lanes);
  }

  int LargestBatch(Stage stage) const {
    return std::min(
        MemoryCap(stage),
        costs_.BatchCap(stage, waiting_[candidates_.front().index].key, options_.max_batch_size));
  }

  int MemoryCap(Stage stage) const {
    const BatchKey& key = waiting_[candidates_.front().index].key;
    return lane_.memory == nullptr ? options_.max_batch_size
                                   : lane_.memory->Cap(stage, key, options_.max_batch_size, now_);
  }

  // At most `room` candidates of `stage` and of the leader's key whose batch ends within every
  // member's slack and within `limit`.
  PolicyBatch Fill(Stage stage, int room, absl::Duration limit) const {
    PolicyBatch batch;
    batch.stage = stage;
    batch.key = waiting_[candidates_.front().index].key;
    for (const Candidate& candidate : candidates_) {
      const int size = static_cast<int>(batch.members.size()) + 1;
      if (size > room) break;
      if (!FitsIn(candidate, stage)) continue;
      const absl::Duration duration = costs_.Predict(stage, batch.key, size);
      if (duration > limit && !batch.members.empty()) break;
      // The first member may make it alone.
      if (duration > Slack(candidate) && size > 1) continue;
      limit = std::min(limit, Slack(candidate));
      batch.members.push_back(candidate.index);
    }
    return batch;
  }

  // Rule 7: what to encode before `denoising` runs; empty members when nothing.
  PolicyBatch Joiners(const PolicyBatch& denoising) const {
    const int begun = static_cast<int>(denoising.members.size());
    const int room = LargestBatch(Stage::kDenoise) - begun;
    if (denoising.stage != Stage::kDenoise || room <= 0 || lane_.free_lanes > 1) return {};
    absl::Duration slack = absl::InfiniteDuration();
    for (const Candidate& candidate : candidates_) {
      if (std::find(denoising.members.begin(), denoising.members.end(), candidate.index) !=
          denoising.members.end()) {
        slack = std::min(slack, Slack(candidate));
      }
    }
    PolicyBatch joiners =
        Fill(Stage::kEncodePrompt, std::min(room, MemoryCap(Stage::kEncodePrompt)), slack);
    const int joined = static_cast<int>(joiners.members.size());
    const absl::Duration fuller = costs_.Predict(Stage::kDenoise, denoising.key, begun + joined);
    const absl::Duration present = costs_.Predict(Stage::kDenoise, denoising.key, begun);
    const absl::Duration encode = costs_.Predict(Stage::kEncodePrompt, denoising.key, joined);
    const bool worth_it = present > absl::ZeroDuration() &&
                          fuller / (begun + joined) <= present * options_.join_cost_ratio / begun;
    if (joined == 0 || !worth_it || encode + fuller > slack) return {};
    return joiners;
  }

  // Rule 6. True when it has chosen a batch.
  bool ChoosePreview() {
    const bool all_due = std::all_of(candidates_.begin(), candidates_.end(), [&](const auto& each) {
      return waiting_[each.index].preview_due;
    });
    const BatchKey key = waiting_[candidates_.front().index].key;
    PolicyBatch batch{Stage::kPreview, key, {}};
    absl::Duration limit = absl::InfiniteDuration();
    for (const Candidate& candidate : candidates_) {
      const WaitingSample& sample = waiting_[candidate.index];
      if (!sample.preview_due) continue;
      const int size = static_cast<int>(batch.members.size()) + 1;
      const absl::Duration duration = costs_.Predict(Stage::kPreview, key, size);
      const SoloCosts& solo = Solo(sample.key).mean;
      const absl::Duration slack =
          sample.deadline - now_ - solo.denoise * sample.steps_left - solo.decode;
      if (!all_due || duration > slack) {
        decision_.dropped_previews.push_back(candidate.index);
      } else if (sample.key == key && size <= MemoryCap(Stage::kPreview) && duration <= limit) {
        limit = std::min(limit, slack);
        batch.members.push_back(candidate.index);
      }
    }
    if (batch.members.empty()) return false;
    decision_.batch = std::move(batch);
    return true;
  }

  const absl::Span<const WaitingSample> waiting_;
  const CostModel& costs_;
  const absl::Time now_;
  const BatchPolicyOptions& options_;
  const PolicyLane& lane_;
  std::map<BatchKey, KeyCosts> solo_;
  std::vector<Candidate> candidates_;
  PolicyDecision decision_;
};

}  // namespace

PolicyDecision ChooseBatch(absl::Span<const WaitingSample> waiting, const CostModel& costs,
                           absl::Time now, const BatchPolicyOptions& options,
                           const PolicyLane& lane) {
  return Chooser(waiting, costs, now, options, lane).Choose();
}

}  // namespace strobe::server
