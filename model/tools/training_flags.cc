#include "model/tools/training_flags.h"

#include <atomic>
#include <csignal>
#include <fstream>
#include <iostream>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/stopwatch.h"
#include "model/output/folder_overlap.h"
#include "model/pipeline/torch_call.h"
#include "model/tools/flag_values.h"
#include "model/training/data/training_recipe.h"

namespace strobe::model {
namespace {

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void OnSignal(int signal) {
  g_interrupted = true;
  std::signal(signal, SIG_DFL);  // a second one ends the program at once
}

}  // namespace

void AddTrainingFlags(CLI::App& command, TrainingFlags& flags) {
  command
      .add_option(
          "--output", flags.output,
          "Directory to write: one that does not exist yet or is empty. Nothing that strobe "
          "did not write is ever removed")
      ->required();
  command.add_flag("--overwrite", flags.overwrite,
                   "Replace what strobe wrote at --output before; it stays until the new one is "
                   "complete, and files that strobe did not write are refused");
  command.add_option(
      "--work", flags.work,
      "Directory of checkpoints, metrics.jsonl and sample sheets; a run that was cut "
      "off goes on from it. Default: <output>.work");
  command.add_option("--recipe", flags.recipe, absl::StrJoin(RecipeNames(), ", "))
      ->capture_default_str();
  command.add_option("--overrides", flags.overrides,
                     "JSON file that replaces numbers of the recipe, {\"data\": {...}, ...}");
  command.add_option("--data", flags.data,
                     "Directory of captioned pictures (metadata.jsonl) in place of drawn scenes; "
                     "they are scaled to cover --image-size and cut to its middle square");
  command.add_option("--precision", flags.precision,
                     "What the networks compute in: bfloat16 (weights stay float32) or float32");
  command
      .add_option("--image-size", flags.image_size, "Pixels of a picture's side; 0: the recipe's")
      ->check(CLI::Range(0, 4096));
  AddDeviceFlag(command, flags.device);
  command.add_option("--seed", flags.seed, "Seed of everything random");
  command.add_option("--threads", flags.threads, "CPU threads; 0: one for each core")
      ->capture_default_str();
  command.add_option("--checkpoint-every", flags.checkpoint_every, "Steps between checkpoints")
      ->capture_default_str();
  command.add_option("--sheet-every", flags.sheet_every, "Steps between sample sheets; 0: none")
      ->capture_default_str();
}

void AddTestFlag(CLI::App& command, TrainingFlags& flags) {
  command.add_option("--test", flags.test,
                     "Directory of captioned pictures, with attributes that those of --data have "
                     "too, to measure on. Default: one in twenty of --data's, not trained on");
}

void AddDeviceFlag(CLI::App& command, std::string& device) {
  command
      .add_option("--device", device,
                  "cpu or cuda:N: where the networks compute; pictures are made on the CPU")
      ->capture_default_str()
      ->check([](const std::string& text) {
        const absl::Status status = ParseDeviceFlag(text).status();
        return std::string(absl::StripPrefix(status.message(), "--device: "));
      });
}

absl::StatusOr<at::Device> AvailableDevice(const std::string& text) {
  STROBE_ASSIGN_OR_RETURN(const at::Device device, ParseDeviceFlag(text));
  STROBE_RETURN_IF_ERROR(CheckDevice(device));
  return device;
}

absl::StatusOr<nlohmann::json> ReadOverrides(const TrainingFlags& flags) {
  nlohmann::json overrides = nlohmann::json::object();
  if (!flags.overrides.empty()) {
    std::ifstream file(flags.overrides);
    overrides = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
    if (!file || !overrides.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrCat(flags.overrides, ": cannot be read as a JSON object"));
    }
  }
  if (!flags.data.empty()) overrides["data"]["folder"] = flags.data;
  if (!flags.test.empty()) overrides["test_folder"] = flags.test;
  if (!flags.precision.empty()) overrides["precision"] = flags.precision;
  if (flags.image_size > 0) overrides["data"]["image_size"] = flags.image_size;
  if (flags.seed.has_value()) overrides["seed"] = *flags.seed;
  return overrides;
}

const std::atomic<bool>* InterruptFlag() {
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
  return &g_interrupted;
}

absl::StatusOr<RunOptions> StartRun(const TrainingFlags& flags) {
  STROBE_ASSIGN_OR_RETURN(const at::Device device, AvailableDevice(flags.device));
  if (flags.threads > 0) at::set_num_threads(flags.threads);
  RunOptions options;
  options.output = flags.output;
  options.overwrite = flags.overwrite;
  options.device = device;
  options.trainer.directory =
      flags.work.empty() ? ResolvedPath(flags.output) + ".work" : flags.work;
  options.trainer.checkpoint_every = flags.checkpoint_every;
  options.trainer.sheet_every = flags.sheet_every;
  options.trainer.seconds = [watch = Stopwatch()] {
    return absl::ToDoubleSeconds(watch.Elapsed());
  };
  options.trainer.progress = [](absl::string_view line) { std::cout << line << std::endl; };
  options.trainer.interrupted = InterruptFlag();
  return options;
}

}  // namespace strobe::model
