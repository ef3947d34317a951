#include "server/batching/step_choice.h"

#include <algorithm>

namespace strobe::server {
namespace {

// A queue of four times the solo latency is the usual objective for image serving.
constexpr int kPatience = 4;

}  // namespace

int ChooseSteps(const StepBudget& budget, absl::Span<const int> offered, const BatchKey& key,
                const CostModel& costs) {
  if (budget.min_steps >= budget.max_steps) return budget.max_steps;
  const absl::Duration bearable =
      kPatience * costs.PredictSample(key, StagePlan(budget.stages, budget.max_steps));
  int best = 0;
  int least = 0;
  for (const int steps : offered) {
    if (steps < budget.min_steps || steps > budget.max_steps) continue;
    least = least == 0 ? steps : std::min(least, steps);
    const StagePlan plan(budget.stages, steps);
    if (budget.predicted_work + costs.PredictSample(key, plan) <= bearable &&
        budget.predicted_work +
                costs.PredictTogether(key, plan, budget.batch_size, budget.max_batch_size) <=
            budget.time_left) {
      best = std::max(best, steps);
    }
  }
  if (least == 0) return budget.max_steps;
  return best > 0 ? best : least;
}

}  // namespace strobe::server
