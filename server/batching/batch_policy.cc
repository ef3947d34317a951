#include "server/batching/batch_policy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/batching/best_effort.h"
#include "server/batching/candidate.h"
#include "server/batching/lineup.h"

namespace strobe::server {
namespace {

// One decision; lives as long as its arguments.
class Chooser {
 public:
  Chooser(absl::Span<const WaitingSample> waiting, const CostModel& costs, absl::Time now,
          const BatchPolicyOptions& options, const PolicyLane& lane)
      : waiting_(waiting),
        costs_(costs),
        now_(now),
        options_(options),
        lane_(lane),
        lineup_(costs, now, options, lane.lanes, lane.device, lane.devices) {}

  PolicyDecision Choose() {
    lineup_.Add(waiting_, decision_.late);
    lineup_.PenalizeOverserved();
    DecodeInTime(lineup_, lane_.free_lanes_of_device);
    if (!candidates_.empty() && !ChoosePreview()) {
      const Candidate& leader = *std::min_element(candidates_.begin(), candidates_.end());
      Members members = Fill(leader, leader.stage, ShareOf(leader, leader.stage), 0);
      const bool joined = leader.stage == Stage::kDenoise && Join(leader, members);
      PolicyBatch batch{joined ? Stage::kEncodePrompt : leader.stage, KeyOf(leader), {}};
      for (const Candidate* member : members) batch.members.push_back(IndexOf(*member));
      decision_.batch = std::move(batch);
    }
    return std::move(decision_);
  }

 private:
  using Members = std::vector<const Candidate*>;

  static bool FitsIn(const Candidate& candidate, const Candidate& leader, Stage stage) {
    return candidate.stage == stage && candidate.key == leader.key;
  }

  // Candidates of the leader's key that wait for `stage`.
  int CountFitting(const Candidate& leader, Stage stage) const {
    return static_cast<int>(
        std::count_if(candidates_.begin(), candidates_.end(),
                      [&](const Candidate& each) { return FitsIn(each, leader, stage); }));
  }

  int IndexOf(const Candidate& candidate) const {
    return static_cast<int>(candidate.sample - waiting_.data());
  }

  const BatchKey& KeyOf(const Candidate& candidate) const { return candidate.sample->key; }

  // How many of the leader's key this lane takes at `stage`: all, unless free lanes share them.
  int ShareOf(const Candidate& leader, Stage stage) const {
    const int lanes = stage == Stage::kEncodePrompt ? lane_.free_lanes : lane_.free_lanes_of_device;
    const int largest = LargestBatch(leader, stage);
    if (lanes == 1) return largest;
    return std::min(largest, (CountFitting(leader, stage) + lanes - 1) / lanes);
  }

  int LargestBatch(const Candidate& leader, Stage stage) const {
    return std::min(MemoryCap(leader, stage),
                    costs_.BatchCap(stage, KeyOf(leader), options_.max_batch_size));
  }

  int MemoryCap(const Candidate& leader, Stage stage) const {
    return lane_.memory == nullptr
               ? options_.max_batch_size
               : lane_.memory->Cap(stage, KeyOf(leader), options_.max_batch_size, now_);
  }

  Nanos Expected(Stage stage, const Candidate& leader, int size) const {
    return ToNanos(costs_.Predict(stage, KeyOf(leader), size));
  }

  // Whether each of `members` of a batch of `size` is in time if `first` passes until its
  // stage is done. What follows runs in batches of about half that size: some are done earlier.
  bool AllInTime(const Members& members, Nanos first, int size) const {
    const int later_size = (size + 1) / 2;
    PerStage<Nanos> later;
    for (const Stage stage : model::kAllStages) {
      const bool follows = std::any_of(members.begin(), members.end(), [&](const Candidate* each) {
        return each->rest.times(stage) > 0;
      });
      if (follows) later[stage] = Expected(stage, *members.front(), later_size);
    }
    return std::all_of(members.begin(), members.end(), [&](const Candidate* member) {
      return member->due == kNever || first + member->rest.Total(later) <= member->due;
    });
  }

  // At most `room` candidates of `stage` and of the leader's key, every one of which is in
  // time beside the others and `company` more rows that have begun.
  Members Fill(const Candidate& leader, Stage stage, int room, int company) const {
    UrgentFirst line;
    for (const Candidate& candidate : candidates_) {
      if (FitsIn(candidate, leader, stage)) line.Add(candidate);
    }
    line.Order();
    Members members;
    while (line.size() > 0 && static_cast<int>(members.size()) < room) {
      const int size = static_cast<int>(members.size()) + 1;
      const Nanos duration = Expected(stage, leader, size);
      // The first member may make it alone.
      if (size > 1 && !AllInTime(members, duration, size + company)) break;
      const Candidate& candidate = line.Take();
      if (size > 1 && !AllInTime({&candidate}, duration, size + company)) continue;
      members.push_back(&candidate);
    }
    return members;
  }

  // The most urgent candidate of the leader's key that waits for `stage`; null: there is none.
  const Candidate* MostUrgent(const Candidate& leader, Stage stage) const {
    const Candidate* first = nullptr;
    for (const Candidate& each : candidates_) {
      if (FitsIn(each, leader, stage) && (first == nullptr || each < *first)) first = &each;
    }
    return first;
  }

  // Rule 7. Puts those in place of the denoising batch `begun` whose prompts are to be encoded
  // first; false when no prompts are.
  bool Join(const Candidate& leader, Members& begun) const {
    if (lane_.free_lanes > 1) return false;
    const Candidate* const first = MostUrgent(leader, Stage::kEncodePrompt);
    if (first == nullptr) return false;
    const auto rest = std::partition_point(begun.begin(), begun.end(),
                                           [&](const auto* each) { return *each < *first; });
    const Members staying(begun.begin(), rest);
    const auto size = static_cast<int>(staying.size());
    const int room = LargestBatch(leader, Stage::kDenoise) - size;
    if (room <= 0) return false;
    const int most = std::min(room, MemoryCap(leader, Stage::kEncodePrompt));
    Members joiners = Fill(leader, Stage::kEncodePrompt, most, size);
    if (joiners.empty()) return false;
    const bool join = rest == begun.end() ? JoiningSavesTime(leader, staying, joiners)
                                          : IsInTimeBehind(leader, staying, joiners, **rest);
    if (join) begun = std::move(joiners);
    return join;
  }

  // Whether all samples together wait less when `joiners` are encoded for the next batch of
  // `begun`, and no member of that gets late.
  bool JoiningSavesTime(const Candidate& leader, const Members& begun,
                        const Members& joiners) const {
    const auto size = static_cast<int>(begun.size());
    const auto joined = static_cast<int>(joiners.size());
    const Nanos encode = Expected(Stage::kEncodePrompt, leader, joined);
    const Nanos fuller = Expected(Stage::kDenoise, leader, size + joined);
    const Nanos present = Expected(Stage::kDenoise, leader, size);
    if (!AllInTime(begun, encode + fuller, size + joined)) return false;
    const Nanos saved =
        std::max<Nanos>(0, present + Expected(Stage::kDenoise, leader, joined) - fuller);
    const Nanos lost = (encode + fuller - present) * size;
    const Nanos gained =
        present * joined + saved * (CountFitting(leader, Stage::kEncodePrompt) - joined);
    return lost < gained;
  }

  // Whether `staying` are in time when `joiners` are encoded first, of which those before
  // `displaced` join their next batch.
  bool IsInTimeBehind(const Candidate& leader, const Members& staying, const Members& joiners,
                      const Candidate& displaced) const {
    const auto urgent = std::count_if(joiners.begin(), joiners.end(),
                                      [&](const auto* each) { return *each < displaced; });
    const int size = static_cast<int>(staying.size()) + static_cast<int>(urgent);
    const Nanos encode = Expected(Stage::kEncodePrompt, leader, static_cast<int>(joiners.size()));
    return AllInTime(staying, encode + Expected(Stage::kDenoise, leader, size), size);
  }

  // Rule 6. True when it has chosen a batch.
  bool ChoosePreview() {
    const auto is_due = [&](const Candidate& each) { return each.sample->preview_due; };
    if (!std::all_of(candidates_.begin(), candidates_.end(), is_due)) {
      for (const Candidate& each : candidates_) {
        if (is_due(each)) decision_.dropped_previews.push_back(IndexOf(each));
      }
      return false;
    }
    std::sort(candidates_.begin(), candidates_.end());
    const Candidate& leader = candidates_.front();
    PolicyBatch batch{Stage::kPreview, KeyOf(leader), {}};
    std::vector<int> together(lineup_.keys().size());  // candidates by key
    for (const Candidate& each : candidates_) ++together[each.key];
    Nanos limit = kNever;
    for (const Candidate& candidate : candidates_) {
      const WaitingSample& sample = *candidate.sample;
      const int size = static_cast<int>(batch.members.size()) + 1;
      const Nanos duration = ToNanos(costs_.Predict(Stage::kPreview, batch.key, size));
      const auto& rest = lineup_.keys().Together(candidate.key, together[candidate.key]).mean;
      const Nanos slack =
          candidate.due == kNever ? kNever : candidate.due - sample.plan.Total(rest);
      if (duration > slack) {
        decision_.dropped_previews.push_back(IndexOf(candidate));
      } else if (candidate.key == leader.key && size <= MemoryCap(leader, Stage::kPreview) &&
                 duration <= limit) {
        limit = std::min(limit, slack);
        batch.members.push_back(IndexOf(candidate));
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
  Lineup lineup_;
  std::vector<Candidate>& candidates_ = lineup_.candidates();
  PolicyDecision decision_;
};

}  // namespace

PolicyDecision ChooseBatch(absl::Span<const WaitingSample> waiting, const CostModel& costs,
                           absl::Time now, const BatchPolicyOptions& options,
                           const PolicyLane& lane) {
  return Chooser(waiting, costs, now, options, lane).Choose();
}

}  // namespace strobe::server
