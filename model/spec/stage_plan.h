// What is left of a sample's way through the stages.

#ifndef STROBE_MODEL_SPEC_STAGE_PLAN_H_
#define STROBE_MODEL_SPEC_STAGE_PLAN_H_

#include <cassert>
#include <cstddef>
#include <utility>

#include "model/spec/stage.h"

namespace strobe::model {

// Each stage once, in the order of Stage, but those that repeat `steps_left` times: {encode,
// denoise x n, decode}. A small plain value: a decision of the batcher asks a thousand of them.
class StagePlan {
 public:
  // Nothing is left.
  constexpr StagePlan() = default;
  // Without steps, no stage that repeats is left.
  constexpr StagePlan(StageSet stages, int steps) : left_(stages) { SetSteps(steps); }

  constexpr bool done() const { return left_.empty(); }
  // Of a plan that is not done.
  constexpr Stage next() const {
    assert(!done());
    return left_.first();
  }
  constexpr int steps_left() const { return steps_; }
  // How often `stage` is still to be run.
  constexpr int times(Stage stage) const {
    return !left_.contains(stage) ? 0 : kRepeating.contains(stage) ? steps_ : 1;
  }

  // `next()` has been run once.
  constexpr void Advance() {
    if (kRepeating.contains(next())) {
      SetSteps(steps_ - 1);
    } else {
      left_.RemoveFirst();
    }
  }

  // With another number of steps that are left.
  constexpr void SetSteps(int steps) {
    assert(steps >= 0);
    steps_ = steps;
    if (steps <= 0) left_.Remove(kRepeating);
  }
  constexpr StagePlan WithSteps(int steps) const {
    StagePlan plan = *this;
    plan.SetSteps(steps);
    return plan;
  }

  // The sum of `cost` over all that is left.
  template <typename Cost>
  constexpr Cost Total(const PerStage<Cost>& cost) const {
    return TotalOfAll(cost, std::make_index_sequence<kStageCount>());
  }

  friend constexpr bool operator==(const StagePlan&, const StagePlan&) = default;

 private:
  static constexpr StageSet kRepeating = StagesThat(&StageTraits::repeats);

  // Unrolled: the batch policy's innermost loop.
  template <typename Cost, std::size_t... kIndex>
  constexpr Cost TotalOfAll(const PerStage<Cost>& cost, std::index_sequence<kIndex...>) const {
    Cost total = {};
    ((left_.contains(kAllStages[kIndex])
          ? void(total += kRepeating.contains(kAllStages[kIndex]) ? cost.values[kIndex] * steps_
                                                                  : cost.values[kIndex])
          : void()),
     ...);
    return total;
  }

  StageSet left_;
  int steps_ = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_STAGE_PLAN_H_
