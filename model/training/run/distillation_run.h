// A whole run from a teacher to a student.

#ifndef STROBE_MODEL_TRAINING_RUN_DISTILLATION_RUN_H_
#define STROBE_MODEL_TRAINING_RUN_DISTILLATION_RUN_H_

#include <string>

#include "absl/status/status.h"
#include "model/training/data/training_recipe.h"
#include "model/training/run/run_options.h"

namespace strobe::model {

// A student of the diffusers model in `teacher`, for the step counts of the recipe, without
// guidance. Errors as of RunTraining, and those of reading the teacher.
absl::Status RunDistillation(const DistillationRecipe& recipe, const std::string& teacher,
                             const RunOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_DISTILLATION_RUN_H_
