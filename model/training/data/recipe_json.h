// Recipes as JSON.

#ifndef STROBE_MODEL_TRAINING_DATA_RECIPE_JSON_H_
#define STROBE_MODEL_TRAINING_DATA_RECIPE_JSON_H_

#include <nlohmann/json_fwd.hpp>

#include "absl/status/status.h"
#include "model/training/data/training_recipe.h"

namespace strobe::model {

// Replaces the fields that `overrides` has: {"teacher": {"steps": 100}}. An integer may be written
// like 1e3. INVALID_ARGUMENT names every key or value that does not fit; `recipe` is not to be used
// then.
absl::Status ReplaceFields(const nlohmann::json& overrides, TrainingRecipe& recipe);
absl::Status ReplaceFields(const nlohmann::json& overrides, DistillationRecipe& recipe);

// The whole recipe, for a file or a comparison.
nlohmann::json RecipeJson(const TrainingRecipe& recipe);
nlohmann::json RecipeJson(const DistillationRecipe& recipe);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_RECIPE_JSON_H_
