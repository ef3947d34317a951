#include "model/tools/evaluate_command.h"

#include <algorithm>
#include <iostream>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/evaluation/evaluation_run.h"
#include "model/scenes/caption_style.h"
#include "model/scenes/scene_types.h"
#include "model/training/data/training_recipe.h"
#include "model/training/run/critic_run.h"

namespace strobe::model {

namespace {

// What the models are compared on.
void AddBenchmarkFlags(CLI::App& command, EvaluateFlags& flags) {
  CLI::Option* const domain =
      command.add_option("--domain", flags.domain, "Scenes of the prompts: simple or rich")
          ->capture_default_str()
          ->check(CLI::IsMember({"simple", "rich"}));
  command
      .add_option("--data", flags.data,
                  "Directory of captioned pictures with attributes (metadata.jsonl) in place of "
                  "drawn scenes; --critic must have learnt such ones. They are scaled to cover the "
                  "critic's size and cut to its middle square; pictures of the models are brought "
                  "to that size")
      ->excludes(domain);
  command
      .add_option(
          "--captions", flags.captions,
          "What the prompts say: named (everything; half of them of held-out scenes), open "
          "(each attribute in one of two) or sparse (one attribute). Of --data: captions that "
          "say everything, any, or one attribute. Default: named; with --data open")
      ->check(CLI::IsMember({"named", "open", "sparse"}));
  command
      .add_option("--prompts", flags.num_prompts, "Prompts; of --data at most half the pictures")
      ->capture_default_str()
      ->check(CLI::Range(8, 100000));
  command
      .add_option("--references", flags.num_references,
                  "True pictures for the distances; of --data at most those that no prompt is of")
      ->capture_default_str()
      ->check(CLI::Range(8, 1000000));
}

// The style of the prompts, where the flag may leave it to what they are of.
std::string CaptionsOf(const EvaluateFlags& flags) {
  if (!flags.captions.empty()) return flags.captions;
  return flags.data.empty() ? "named" : "open";
}

// The call for the report.
std::string CommandOf(const EvaluateFlags& flags) {
  const std::string subject = flags.data.empty()
                                  ? absl::StrCat("--domain ", flags.domain)
                                  : absl::StrCat("--data ", flags.data, " --critic ", flags.critic);
  return absl::StrCat("strobe-model evaluate ", subject, " --captions ", CaptionsOf(flags),
                      " --prompts ", flags.num_prompts, " --references ", flags.num_references,
                      " --resamples ", flags.num_resamples, " --seed ", flags.seed);
}

}  // namespace

CLI::App* AddEvaluateCommand(CLI::App& app, EvaluateFlags& flags) {
  CLI::App* command = app.add_subcommand(
      "evaluate", "Compare checkpoints: EVALUATION.md with all tables, and a blind comparison");
  command
      ->add_option("--runs", flags.runs,
                   "Directory with any of the models that scripts/compare_methods.sh makes; "
                   "F-seed1, F-seed2 hold F of other training seeds")
      ->required();
  command
      ->add_option("--output", flags.output, "Directory to write; a run that was cut off goes on")
      ->required();
  command->add_option("--critic", flags.critic, "Directory of the critic")->capture_default_str();
  AddBenchmarkFlags(*command, flags);
  command
      ->add_option("--resamples", flags.num_resamples,
                   "Resamples of the prompts behind the 95 % intervals")
      ->capture_default_str()
      ->check(CLI::Range(40, 100000));
  command->add_option("--seed", flags.seed, "Seed of prompts and noise")->capture_default_str();
  AddDeviceFlag(*command, flags.device);
  command->add_option("--threads", flags.threads, "CPU threads; 0: one for each core")
      ->capture_default_str();
  return command;
}

CommandResult RunEvaluate(const EvaluateFlags& flags) {
  const absl::StatusOr<at::Device> device = AvailableDevice(flags.device);
  if (!device.ok()) return CommandResult::Of(device.status());
  if (flags.threads > 0) at::set_num_threads(flags.threads);
  EvaluationOptions options;
  options.runs = flags.runs;
  options.critic = flags.critic;
  options.output = flags.output;
  options.data = flags.data;
  options.domain = *ParseSceneDomain(flags.domain);
  options.style = *ParseCaptionStyle(CaptionsOf(flags));
  options.seed = flags.seed;
  options.num_prompts = flags.num_prompts;
  options.num_references = flags.num_references;
  options.num_resamples = flags.num_resamples;
  options.num_spread_prompts = std::min(options.num_spread_prompts, flags.num_prompts);
  options.device = *device;
  options.command = CommandOf(flags);
  options.progress = [](absl::string_view line) { std::cout << line << std::endl; };
  options.interrupted = InterruptFlag();
  return CommandResult::Of(RunEvaluation(options));
}

CLI::App* AddTrainCriticCommand(CLI::App& app, TrainingFlags& flags) {
  CLI::App* command = app.add_subcommand(
      "train-critic", "Train the picture and caption network that evaluate measures with");
  AddTrainingFlags(*command, flags);
  AddTestFlag(*command, flags);
  return command;
}

CommandResult RunTrainCritic(const TrainingFlags& flags) {
  absl::StatusOr<nlohmann::json> overrides = ReadOverrides(flags);
  if (!overrides.ok()) return CommandResult::Usage(overrides.status());
  if (!(*overrides)["data"].contains("domain")) (*overrides)["data"]["domain"] = "rich";
  const absl::StatusOr<TrainingRecipe> recipe = MakeTrainingRecipe(flags.recipe, *overrides);
  if (!recipe.ok()) return CommandResult::Usage(recipe.status());
  const absl::StatusOr<RunOptions> options = StartRun(flags);
  if (!options.ok()) return CommandResult::Of(options.status());
  return CommandResult::Of(RunCriticTraining(*recipe, *options));
}

}  // namespace strobe::model
