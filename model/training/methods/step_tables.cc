#include "model/training/methods/step_tables.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/sampling/few_step_sampler.h"

namespace strobe::model {

absl::StatusOr<StudentSteps> DeterministicSteps(const DistillationRecipe& recipe,
                                                const StepTableBuilder& builder) {
  if (recipe.teacher_steps < 1 || recipe.step_counts.empty()) {
    return absl::InvalidArgumentError("teacher_steps is under 1 or step_counts is empty");
  }
  STROBE_ASSIGN_OR_RETURN(NoiseSchedule schedule,
                          NoiseSchedule::Create(builder.scheduler().noise()));
  StudentSteps steps{std::move(schedule), builder.scheduler().prediction_type(), {}};
  for (const int count : recipe.step_counts) {
    StepTableRequest request;
    request.num_inference_steps = count;
    STROBE_ASSIGN_OR_RETURN(const StepTable table, builder.Build(request));
    for (int step = 0; step < count; ++step) {
      if (!RuleOfStep(table, step).DrawsNoise()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(recipe.method, " needs a scheduler that draws no noise: DDIM or Euler"));
    }
    steps.tables.push_back(table);
  }
  return steps;
}

}  // namespace strobe::model
