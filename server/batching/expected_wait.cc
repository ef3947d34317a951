#include "server/batching/expected_wait.h"

#include <algorithm>
#include <vector>

#include "server/batching/lineup.h"
#include "server/batching/work_left.h"

namespace strobe::server {
namespace {

// Of what waits before a promise when a newcomer is let in before it: others will overtake it, too.
constexpr int kReserve = 2;

// One forecast; lives as long as its arguments.
class Forecaster {
 public:
  Forecaster(const LanesAtWork& running, const CostModel& costs, absl::Time now,
             const BatchPolicyOptions& options)
      : lanes_(running.lanes),
        costs_(costs),
        ahead_(ToNanos(running.rest_of_stages)),
        lineup_(costs, now, options, std::max(1, static_cast<int>(running.lanes))) {}

  absl::Duration Wait(const WaitingSample& newcomer, int images,
                      std::initializer_list<absl::Span<const WaitingSample>> others) {
    std::vector<int> late;
    lineup_.Add({&newcomer, 1}, late);
    const bool in_time = late.empty();
    for (const auto& some : others) lineup_.Add(some, late);
    lineup_.PenalizeOverserved();
    for (size_t key = 0; key < lineup_.keys().size(); ++key) {
      shares_.emplace_back();
      const StageShares shares = SharesOf(lineup_.keys()[static_cast<int>(key)].key, costs_);
      for (const Stage stage : model::kAllStages) {
        shares_.back()[stage] = ToNanos(shares[stage]);
      }
    }
    // One that is late in any case stands behind everybody.
    if (!in_time) return WorkOfAll() / lanes_;
    const Candidate& first = lineup_.candidates().front();
    Part(first);
    const StagePlan own = newcomer.plan.WithSteps(newcomer.least_steps_left);
    const Nanos wait = BehindPromises(images * own.Total(shares_[first.key]));
    return absl::Nanoseconds(wait) / lanes_;
  }

 private:
  Nanos WorkOf(const Candidate& candidate) const {
    return candidate.sample->plan.Total(shares_[candidate.key]);
  }

  absl::Duration WorkOfAll() const {
    Nanos work = ahead_;
    for (const Candidate& each : lineup_.candidates()) work += WorkOf(each);
    return absl::Nanoseconds(work);
  }

  // Parts what goes before `newcomer`, the first candidate, from what it would overtake.
  void Part(const Candidate& newcomer) {
    for (size_t i = 1; i < lineup_.candidates().size(); ++i) {
      const Candidate& other = lineup_.candidates()[i];
      if (other < newcomer) {
        ahead_ += WorkOf(other);
      } else if (other.rank() == newcomer.rank() && other.penalty() != kDoomed) {
        overtaken_.push_back(&other);
        overtaken_work_ += WorkOf(other);
        first_due_ = std::min(first_due_, other.due);
      }
    }
  }

  // What a newcomer with `own` work has to wait for so that all that it overtakes keeps its
  // reserve.
  Nanos BehindPromises(Nanos own) {
    if (KeepsReserve(ahead_ + overtaken_work_ + own, 0, first_due_)) return ahead_;
    std::sort(overtaken_.begin(), overtaken_.end(),
              [](const Candidate* a, const Candidate* b) { return *a < *b; });
    Nanos wait = ahead_;
    Nanos before = ahead_;
    for (size_t i = 0; i < overtaken_.size();) {
      const Nanos due = overtaken_[i]->due;
      Nanos work = 0;  // of what is due together, like the images of one request
      for (; i < overtaken_.size() && overtaken_[i]->due == due; ++i)
        work += WorkOf(*overtaken_[i]);
      if (!KeepsReserve(before + own, work, due)) wait = before + work;
      before += work;
    }
    return wait;
  }

  // Whether `work` behind `before` is done in time though as much again comes before it.
  bool KeepsReserve(Nanos before, Nanos work, Nanos due) const {
    return due == kNever ||
           static_cast<double>(kReserve * before + work) <= lanes_ * static_cast<double>(due);
  }

  const double lanes_;
  const CostModel& costs_;
  Nanos ahead_;  // what goes before the newcomer
  Lineup lineup_;
  std::vector<PerStage<Nanos>> shares_;  // of a sample in the largest batch, by key
  std::vector<const Candidate*> overtaken_;
  Nanos overtaken_work_ = 0;
  Nanos first_due_ = kNever;  // of what is overtaken
};

}  // namespace

absl::Duration PredictWait(const WaitingSample& newcomer, int images,
                           std::initializer_list<absl::Span<const WaitingSample>> others,
                           const LanesAtWork& running, const CostModel& costs, absl::Time now,
                           const BatchPolicyOptions& options) {
  return Forecaster(running, costs, now, options).Wait(newcomer, images, others);
}

}  // namespace strobe::server
