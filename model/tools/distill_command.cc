#include "model/tools/distill_command.h"

#include <nlohmann/json.hpp>

#include "model/training/training_recipe.h"

namespace strobe::model {

CLI::App* AddDistillCommand(CLI::App& app, DistillFlags& flags) {
  CLI::App* command =
      app.add_subcommand("distill", "Distil a student of 1 to 3 steps from a teacher");
  command
      ->add_option("--teacher", flags.teacher, "Model directory of the teacher, diffusers layout")
      ->required();
  command->add_option("--method", flags.method, "imagine-flash (1 to 3 steps), or step (4 steps)")
      ->capture_default_str();
  command->add_flag("--no-backward", flags.no_backward,
                    "Start from noised pictures, not from the student's own roll-out");
  command->add_flag("--no-srl", flags.no_srl,
                    "The teacher starts where the student does, not from its shifted x0");
  AddTrainingFlags(*command, flags.training);
  return command;
}

CommandResult RunDistill(const DistillFlags& flags) {
  absl::StatusOr<nlohmann::json> overrides = ReadOverrides(flags.training);
  if (!overrides.ok()) return CommandResult::Usage(overrides.status());
  (*overrides)["method"] = flags.method;
  if (flags.method == "step") {
    // The baseline of the comparison: 4 steps, each of which learns to do two of the teacher's.
    if (!overrides->contains("step_counts")) (*overrides)["step_counts"] = {4};
    if (!overrides->contains("teacher_steps")) (*overrides)["teacher_steps"] = 2;
  }
  if (flags.no_backward) (*overrides)["backward_distillation"] = false;
  if (flags.no_srl) (*overrides)["shifted_reconstruction"] = false;
  const absl::StatusOr<DistillationRecipe> recipe =
      MakeDistillationRecipe(flags.training.recipe, *overrides);
  if (!recipe.ok()) return CommandResult::Usage(recipe.status());
  return CommandResult::Of(RunDistillation(*recipe, flags.teacher, StartRun(flags.training)));
}

}  // namespace strobe::model
