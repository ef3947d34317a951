// A whole run to the critic of evaluations.

#ifndef STROBE_MODEL_TRAINING_RUN_CRITIC_RUN_H_
#define STROBE_MODEL_TRAINING_RUN_CRITIC_RUN_H_

#include "absl/status/status.h"
#include "model/training/data/training_recipe.h"
#include "model/training/run/run_options.h"

namespace strobe::model {

// The critic that evaluations use, trained on the recipe's data: what it sees in pictures it
// measures on others, tells the progress and writes into critic.json. INVALID_ARGUMENT for a folder
// without attributes and for a test folder with attributes or values that the data has not. Other
// errors as of RunTraining.
absl::Status RunCriticTraining(const TrainingRecipe& recipe, const RunOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_CRITIC_RUN_H_
