// The step tables that a student learns.

#ifndef STROBE_MODEL_TRAINING_STEP_TABLES_H_
#define STROBE_MODEL_TRAINING_STEP_TABLES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/step_table.h"
#include "model/training/training_recipe.h"

namespace strobe::model {

// A table for each of the recipe's step counts. INVALID_ARGUMENT when there is none, when the
// scheduler draws noise, or when teacher_steps is under 1.
absl::StatusOr<std::vector<StepTable>> DeterministicTables(const DistillationRecipe& recipe,
                                                           const StepTableBuilder& builder);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STEP_TABLES_H_
