#include "model/tools/train_command.h"

#include <nlohmann/json.hpp>

#include "model/training/training_recipe.h"

namespace strobe::model {

CLI::App* AddTrainCommand(CLI::App& app, TrainingFlags& flags) {
  CLI::App* command = app.add_subcommand(
      "train", "Train a teacher from nothing: tokenizer, text encoder, autoencoder, denoiser");
  AddTrainingFlags(*command, flags);
  return command;
}

CommandResult RunTrain(const TrainingFlags& flags) {
  const absl::StatusOr<nlohmann::json> overrides = ReadOverrides(flags);
  if (!overrides.ok()) return CommandResult::Usage(overrides.status());
  const absl::StatusOr<TrainingRecipe> recipe = MakeTrainingRecipe(flags.recipe, *overrides);
  if (!recipe.ok()) return CommandResult::Usage(recipe.status());
  return CommandResult::Of(RunTraining(*recipe, StartRun(flags)));
}

}  // namespace strobe::model
