#include "model/tools/distill_command.h"

#include <nlohmann/json.hpp>

#include "model/training/data/training_recipe.h"
#include "model/training/run/distillation_run.h"

namespace strobe::model {

CLI::App* AddDistillCommand(CLI::App& app, DistillFlags& flags) {
  CLI::App* command =
      app.add_subcommand("distill", "Distil a student of 1 to 3 steps from a teacher");
  command
      ->add_option("--teacher", flags.teacher, "Model directory of the teacher, diffusers layout")
      ->required();
  command
      ->add_option("--method", flags.method,
                   "imagine-flash or lcm (1 to 3 steps), step or add (4 steps)")
      ->capture_default_str();
  command->add_flag("--no-backward", flags.no_backward,
                    "Start from noised pictures, not from the student's own roll-out");
  command->add_flag("--no-srl", flags.no_srl,
                    "The teacher starts where the student does, not from its shifted x0");
  command->add_flag("--no-discriminator", flags.no_discriminator,
                    "Without the adversarial loss on the teacher's features; no picture is needed");
  command
      ->add_option("--lora-rank", flags.lora_rank,
                   "Train adapters of this rank on the attention alone; 0: every weight")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  AddTrainingFlags(*command, flags.training);
  return command;
}

CommandResult RunDistill(const DistillFlags& flags) {
  absl::StatusOr<nlohmann::json> overrides = ReadOverrides(flags.training);
  if (!overrides.ok()) return CommandResult::Usage(overrides.status());
  (*overrides)["method"] = flags.method;
  // The baselines of the comparison take four steps; each of step distillation's does two of the
  // teacher's.
  const bool four_steps = flags.method == "step" || flags.method == "add";
  if (four_steps && !overrides->contains("step_counts")) (*overrides)["step_counts"] = {4};
  if (flags.method == "step" && !overrides->contains("teacher_steps")) {
    (*overrides)["teacher_steps"] = 2;
  }
  if (flags.no_backward) (*overrides)["backward_distillation"] = false;
  if (flags.no_discriminator) (*overrides)["discriminator"] = false;
  if (flags.lora_rank > 0) (*overrides)["lora_rank"] = flags.lora_rank;
  if (flags.no_srl) (*overrides)["shifted_reconstruction"] = false;
  const absl::StatusOr<DistillationRecipe> recipe =
      MakeDistillationRecipe(flags.training.recipe, *overrides);
  if (!recipe.ok()) return CommandResult::Usage(recipe.status());
  const absl::StatusOr<RunOptions> options = StartRun(flags.training);
  if (!options.ok()) return CommandResult::Of(options.status());
  return CommandResult::Of(RunDistillation(*recipe, flags.teacher, *options));
}

}  // namespace strobe::model
