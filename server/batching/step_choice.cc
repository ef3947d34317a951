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
      std::min(budget.time_left,
               kPatience * costs.PredictSample(key, StagePlan(budget.stages, budget.max_steps)));
  int best = 0;
  int least = 0;
  for (const int steps : offered) {
    if (steps < budget.min_steps || steps > budget.max_steps) continue;
    least = least == 0 ? steps : std::min(least, steps);
    if (budget.predicted_work + costs.PredictSample(key, StagePlan(budget.stages, steps)) <=
        bearable) {
      best = std::max(best, steps);
    }
  }
  if (least == 0) return budget.max_steps;
  return best > 0 ? best : least;
}

}  // namespace strobe::server
