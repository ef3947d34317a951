#include "model/training/step_tables.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/sampling/few_step_sampler.h"

namespace strobe::model {

absl::StatusOr<std::vector<StepTable>> DeterministicTables(const DistillationRecipe& recipe,
                                                           const StepTableBuilder& builder) {
  if (recipe.teacher_steps < 1 || recipe.step_counts.empty()) {
    return absl::InvalidArgumentError("teacher_steps is under 1 or step_counts is empty");
  }
  std::vector<StepTable> tables;
  for (const int count : recipe.step_counts) {
    StepTableRequest request;
    request.num_inference_steps = count;
    const absl::StatusOr<StepTable> table = builder.Build(request);
    if (!table.ok()) return table.status();
    for (int step = 0; step < count; ++step) {
      if (!RuleOfStep(*table, step).DrawsNoise()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(recipe.method, " needs a scheduler that draws no noise: DDIM or Euler"));
    }
    tables.push_back(*table);
  }
  return tables;
}

}  // namespace strobe::model
