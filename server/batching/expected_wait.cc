#include "server/batching/expected_wait.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "server/batching/lineup.h"

namespace strobe::server {
namespace {

// A promise is to be in time with so many times the work before it: others will overtake it, too.
constexpr int kReserve = 2;

// One forecast; lives as long as its arguments.
class Forecaster {
 public:
  Forecaster(const LanesAtWork& running, const CostModel& costs, absl::Time now,
             const BatchPolicyOptions& options)
      : lanes_(running.lanes),
        costs_(costs),
        max_batch_size_(options.max_batch_size),
        ahead_(ToNanos(running.rest_of_stages)),
        lineup_(costs, now, options, std::max(1, static_cast<int>(running.lanes))) {}

  absl::Duration Wait(const WaitingSample& newcomer, int images,
                      std::initializer_list<absl::Span<const WaitingSample>> others) {
    const auto is_empty = [](const auto& some) { return some.empty(); };
    if (std::all_of(others.begin(), others.end(), is_empty)) return OfLanes(ahead_);
    std::vector<int> late;
    lineup_.Add({&newcomer, 1}, late);
    const bool in_time = late.empty();
    for (const auto& some : others) lineup_.Add(some, late);
    lineup_.PenalizeOverserved();
    for (size_t key = 0; key < lineup_.keys().size(); ++key) {
      shares_.push_back(SharesOf(lineup_.keys()[static_cast<int>(key)].key));
    }
    // One that is late in any case stands behind everybody.
    if (!in_time) return OfLanes(WorkOfAll());
    const Candidate& first = lineup_.candidates().front();
    Part(first);
    const StagePlan own = newcomer.plan.WithSteps(newcomer.least_steps_left);
    return OfLanes(BehindPromises(first, images * own.Total(shares_[first.key]))) +
           InCompany(newcomer.key, own, images);
  }

 private:
  absl::Duration OfLanes(Nanos work) const { return absl::Nanoseconds(work) / lanes_; }

  int BatchCap(Stage stage, const BatchKey& key) const {
    return costs_.BatchCap(stage, key, max_batch_size_);
  }

  // Device time of a sample, in batches of half the size that is worth making.
  PerStage<Nanos> SharesOf(const BatchKey& key) const {
    PerStage<Nanos> shares;
    for (const Stage stage : model::kAllStages) {
      const int size = (BatchCap(stage, key) + 1) / 2;
      shares[stage] = ToNanos(costs_.Predict(stage, key, size)) / size;
    }
    return shares;
  }

  Nanos WorkOf(const Candidate& candidate) const {
    return candidate.sample->plan.Total(shares_[candidate.key]);
  }

  Nanos WorkOfAll() const {
    Nanos work = ahead_;
    for (const Candidate& each : lineup_.candidates()) work += WorkOf(each);
    return work;
  }

  // What is overtaken by a newcomer of its class, and expected to be in time now.
  static bool IsPromise(const Candidate& overtaken, const Candidate& newcomer) {
    return overtaken.rank() == newcomer.rank() && overtaken.penalty() != kDoomed;
  }

  // Adds up what goes before `newcomer`, the first candidate, and the promises that it overtakes.
  void Part(const Candidate& newcomer) {
    for (const Candidate& other : absl::MakeSpan(lineup_.candidates()).subspan(1)) {
      if (other < newcomer) {
        ahead_ += WorkOf(other);
        company_ += other.key == newcomer.key;
      } else if (IsPromise(other, newcomer)) {
        promised_ += WorkOf(other);
        first_due_ = std::min(first_due_, other.due);
      }
    }
  }

  // How much longer `images` samples take with half of those before them, of each lane, than alone.
  absl::Duration InCompany(const BatchKey& key, const StagePlan& plan, int images) const {
    const auto together = static_cast<int>(std::ceil((company_ + images) / (2 * lanes_)));
    absl::Duration longer;
    if (together <= images) return longer;
    for (const Stage stage : model::kAllStages) {
      if (plan.times(stage) == 0) continue;
      const int cap = BatchCap(stage, key);
      // A measured curve may fall a little from one size to the next.
      longer +=
          std::max(absl::ZeroDuration(), costs_.Predict(stage, key, std::min(cap, together)) -
                                             costs_.Predict(stage, key, std::min(cap, images))) *
          plan.times(stage);
    }
    return longer;
  }

  // What `newcomer`, with `own` work, has to wait for so that all that it overtakes keeps its
  // reserve.
  Nanos BehindPromises(const Candidate& newcomer, Nanos own) const {
    const Nanos all = ahead_ + promised_ + own;
    if (KeepsReserve(all, 0, first_due_)) return ahead_;
    const auto overtaken = absl::MakeSpan(lineup_.candidates()).subspan(1);
    const Candidate* last = nullptr;  // of those that may come late
    for (const Candidate& each : overtaken) {
      if (newcomer < each && IsPromise(each, newcomer) && !KeepsReserve(all, 0, each.time) &&
          (last == nullptr || *last < each)) {
        last = &each;
      }
    }
    if (last == nullptr) return ahead_;
    std::vector<const Candidate*> promises;
    for (const Candidate& each : overtaken) {
      if (newcomer < each && IsPromise(each, newcomer) && !(*last < each)) {
        promises.push_back(&each);
      }
    }
    std::sort(promises.begin(), promises.end(),
              [](const auto* a, const auto* b) { return *a < *b; });
    Nanos wait = ahead_;
    Nanos before = ahead_;
    for (size_t i = 0; i < promises.size();) {
      const Nanos due = promises[i]->due;
      Nanos work = 0;  // of what is due together, like the images of one request
      for (; i < promises.size() && promises[i]->due == due; ++i) work += WorkOf(*promises[i]);
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
  const int max_batch_size_;
  Nanos ahead_;  // what goes before the newcomer
  Lineup lineup_;
  std::vector<PerStage<Nanos>> shares_;  // by key
  int company_ = 0;                      // samples of the newcomer's key that go before it
  Nanos promised_ = 0;                   // work of what it overtakes and may not make late
  Nanos first_due_ = kNever;             // of that
};

}  // namespace

absl::Duration PredictWait(const WaitingSample& newcomer, int images,
                           std::initializer_list<absl::Span<const WaitingSample>> others,
                           const LanesAtWork& running, const CostModel& costs, absl::Time now,
                           const BatchPolicyOptions& options) {
  return Forecaster(running, costs, now, options).Wait(newcomer, images, others);
}

}  // namespace strobe::server
