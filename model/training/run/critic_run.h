// A whole run to the critic of evaluations.

#ifndef STROBE_MODEL_TRAINING_RUN_CRITIC_RUN_H_
#define STROBE_MODEL_TRAINING_RUN_CRITIC_RUN_H_

#include "absl/status/status.h"
#include "model/training/data/training_recipe.h"
#include "model/training/run/run_options.h"

namespace strobe::model {

// The critic that evaluations use, trained on the recipe's data. Errors as of RunTraining.
absl::Status RunCriticTraining(const TrainingRecipe& recipe, const RunOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_CRITIC_RUN_H_
