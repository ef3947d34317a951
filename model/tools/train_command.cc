#include "model/tools/train_command.h"

#include <nlohmann/json.hpp>

#include "model/training/data/training_recipe.h"
#include "model/training/run/training_run.h"

namespace strobe::model {

CLI::App* AddTrainCommand(CLI::App& app, TrainFlags& flags) {
  CLI::App* command = app.add_subcommand(
      "train", "Train a teacher from nothing: tokenizer, text encoder, autoencoder, denoiser");
  command->add_option("--start-from", flags.start_from,
                      "Model directory to go on from, in place of nothing: to widen the domain");
  AddTrainingFlags(*command, flags.training);
  AddTestFlag(*command, flags.training);
  return command;
}

CommandResult RunTrain(const TrainFlags& flags) {
  const absl::StatusOr<nlohmann::json> overrides = ReadOverrides(flags.training);
  if (!overrides.ok()) return CommandResult::Usage(overrides.status());
  const absl::StatusOr<TrainingRecipe> recipe =
      MakeTrainingRecipe(flags.training.recipe, *overrides);
  if (!recipe.ok()) return CommandResult::Usage(recipe.status());
  absl::StatusOr<RunOptions> options = StartRun(flags.training);
  if (!options.ok()) return CommandResult::Of(options.status());
  options->start_from = flags.start_from;
  return CommandResult::Of(RunTraining(*recipe, *options));
}

}  // namespace strobe::model
