// The steps that a student learns to take.

#ifndef STROBE_MODEL_TRAINING_METHODS_STEP_TABLES_H_
#define STROBE_MODEL_TRAINING_METHODS_STEP_TABLES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "model/sampling/noise_schedule.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/step_table.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {

// A step table for each of a recipe's step counts, and the noise levels under them.
struct StudentSteps {
  // The table of a step count drawn at random.
  const StepTable& Draw(StepRandom& random) const {
    return tables[random.scalars().Below(static_cast<int>(tables.size()))];
  }

  NoiseSchedule schedule;
  PredictionType prediction_type;
  std::vector<StepTable> tables;
};

// The recipe's steps by the scheduler of `builder`. INVALID_ARGUMENT when there is no step count,
// when the scheduler draws noise, or when teacher_steps is under 1.
absl::StatusOr<StudentSteps> DeterministicSteps(const DistillationRecipe& recipe,
                                                const StepTableBuilder& builder);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_STEP_TABLES_H_
