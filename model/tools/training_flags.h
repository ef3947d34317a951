// The flags that `train` and `distill` share.

#ifndef STROBE_MODEL_TOOLS_TRAINING_FLAGS_H_
#define STROBE_MODEL_TOOLS_TRAINING_FLAGS_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/training/training_run.h"

namespace strobe::model {

struct TrainingFlags {
  std::string output;
  std::string work;
  std::string recipe = "one-shape";
  std::string overrides;
  std::string data;
  std::string precision;
  std::optional<uint64_t> seed;
  int threads = 0;
  int64_t checkpoint_every = 200;
  int64_t sheet_every = 200;
};

void AddTrainingFlags(CLI::App& command, TrainingFlags& flags);

// The overrides of the recipe: the file of --overrides, then --data and --seed. INVALID_ARGUMENT
// names the file.
absl::StatusOr<nlohmann::json> ReadOverrides(const TrainingFlags& flags);

// Makes SIGINT and SIGTERM set the flag that it returns; a second one ends the program at once.
const std::atomic<bool>* InterruptFlag();

// Progress goes to stdout. Sets the number of threads, and makes SIGINT and SIGTERM save and stop.
RunOptions StartRun(const TrainingFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_TRAINING_FLAGS_H_
