// The order in which waiting samples have their turn: rules 2 and 4 of the batch policy, for the
// policy itself and for whoever foresees what it will do. Pure.

#ifndef STROBE_SERVER_BATCHING_LINEUP_H_
#define STROBE_SERVER_BATCHING_LINEUP_H_

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/batching_options.h"
#include "server/batching/candidate.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/instant.h"
#include "server/batching/costs/key_costs.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// Candidates compare by `<`, lower first, once PenalizeOverserved was called. Lives as long as its
// arguments and the samples that were added. Not thread-safe.
class Lineup {
 public:
  // `lanes` are those of all devices. With a `device`, whose costs are `costs`, samples that have
  // begun on another one do not compete. With the costs of all `devices`, samples are late only
  // where no device that may go on with them has them in time, and what has not begun does not
  // compete where it is expected to be late and another device is expected to have it in time.
  Lineup(const CostModel& costs, absl::Time now, const BatchPolicyOptions& options, int lanes,
         std::optional<int> device = std::nullopt, absl::Span<const CostModel> devices = {});

  // Adds the indices of samples that are certain to miss their due time to `late`; they are no
  // candidates. All at once, as a call for each would be a tenth of a decision.
  void Add(absl::Span<const WaitingSample> samples, std::vector<int>& late);

  // Puts candidates whose caller or key has had more than its share behind the others. Once, after
  // all were added.
  void PenalizeOverserved();

  // Whether any candidate may end early.
  bool has_best_effort() const { return has_best_effort_; }
  std::vector<Candidate>& candidates() { return candidates_; }
  const std::vector<Candidate>& candidates() const { return candidates_; }
  const KeyCostTable& keys() const { return keys_; }
  KeyCostTable& keys() { return keys_; }

 private:
  // What a sample still takes.
  struct Foresight {
    StagePlan plan;  // the least that it needs
    int siblings = 0;
    Nanos least = 0;  // at the best times seen
    Nanos expected = 0;
  };

  bool Add(const WaitingSample& sample);
  const Foresight& Foresee(const WaitingSample& sample, const StagePlan& least, int key);
  const BatchTimes& Together(const WaitingSample& sample, int key, KeyCostTable& keys) const;
  template <typename Rule>
  bool IsInTimeElsewhere(const WaitingSample& sample, Rule is_in_time);
  void SetUrgency(const WaitingSample& sample, Candidate& candidate) const;
  ServiceRange ServiceOfUnpenalized(absl::Duration WaitingSample::*service) const;
  bool Penalize(Penalty penalty, absl::Duration WaitingSample::*service, const ServiceRange& range);

  const Instant now_;
  const std::optional<int> device_;
  const int lanes_;
  const Nanos ageing_;
  const Nanos batch_priority_ageing_;
  KeyCostTable keys_;
  std::vector<std::pair<int, KeyCostTable>> elsewhere_;  // of other devices, unlike this one
  std::vector<Foresight> foreseen_;                      // the last one of each key
  std::vector<Candidate> candidates_;
  ServiceRange callers_, flows_of_key_;  // of candidates without a penalty
  bool has_best_effort_ = false;
  Nanos quantum_ = 0;  // the longest full step of theirs
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_LINEUP_H_
