// The flags that `train`, `distill` and `train-critic` share.

#ifndef STROBE_MODEL_TOOLS_TRAINING_FLAGS_H_
#define STROBE_MODEL_TOOLS_TRAINING_FLAGS_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/training/run/run_options.h"

namespace strobe::model {

struct TrainingFlags {
  std::string output;
  bool overwrite = false;
  std::string work;
  std::string recipe = "one-shape";
  std::string overrides;
  std::string data;
  std::string test;
  std::string precision;
  std::string device = "cpu";
  int image_size = 0;  // 0: the recipe's
  std::optional<uint64_t> seed;
  int threads = 0;
  int64_t checkpoint_every = 200;
  int64_t sheet_every = 200;
};

void AddTrainingFlags(CLI::App& command, TrainingFlags& flags);

// --test, for the commands that measure what they train.
void AddTestFlag(CLI::App& command, TrainingFlags& flags);

// --device; a text that is no device is a wrong flag.
void AddDeviceFlag(CLI::App& command, std::string& device);

// The device of the flag. INVALID_ARGUMENT when this build or this machine does not have it.
absl::StatusOr<at::Device> AvailableDevice(const std::string& text);

// The overrides of the recipe: the file of --overrides, then the flags. INVALID_ARGUMENT names the
// file.
absl::StatusOr<nlohmann::json> ReadOverrides(const TrainingFlags& flags);

// Makes SIGINT and SIGTERM set the flag that it returns; a second one ends the program at once.
const std::atomic<bool>* InterruptFlag();

// Progress goes to stdout. Sets the number of threads, and makes SIGINT and SIGTERM save and stop.
// Errors are AvailableDevice's.
absl::StatusOr<RunOptions> StartRun(const TrainingFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_TRAINING_FLAGS_H_
