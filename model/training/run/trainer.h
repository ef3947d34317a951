// Runs training stages: progress, metrics, sample sheets, checkpoints, resume.

#ifndef STROBE_MODEL_TRAINING_RUN_TRAINER_H_
#define STROBE_MODEL_TRAINING_RUN_TRAINER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/training/stages/training_stage.h"

namespace strobe::model {

struct TrainerOptions {
  std::string directory;            // of checkpoints, metrics.jsonl, curves.svg and sheets
  int64_t log_every = 20;           // steps
  int64_t checkpoint_every = 200;   // steps; also after the last one
  int64_t sheet_every = 200;        // steps; also after the last one; 0: no sheets
  std::function<double()> seconds;  // a clock that never goes back
  std::function<void(absl::string_view)> progress;  // one line of text
  const std::atomic<bool>* interrupted = nullptr;   // set from a signal handler, say
};

// A checkpoint is `<stage>.safetensors`. A stage whose checkpoint is complete is restored and not
// run; one that was cut off goes on and gives, on a CPU with as many threads, the same weights bit
// for bit as without the cut. Not thread-safe.
class Trainer {
 public:
  explicit Trainer(TrainerOptions options) : options_(std::move(options)) {}

  // Brings `stage` to its last step. CANCELLED when interrupted: the steps so far are saved.
  // INVALID_ARGUMENT when a loss is not finite, with stage and step: the last checkpoint stays.
  // Errors of saving leave the last checkpoint as it was. INTERNAL: what LibTorch throws.
  // `configuration` is all that the stage depends on: a checkpoint of another one is refused.
  absl::Status Run(TrainingStage& stage, const std::string& configuration);

 private:
  absl::Status RunSteps(TrainingStage& stage, int64_t first_step);
  absl::Status AfterStep(TrainingStage& stage, int64_t steps_done);
  absl::Status Report(const TrainingStage& stage, int64_t steps_done, const StepReport& report,
                      double samples_per_second);
  absl::Status Save(const TrainingStage& stage, int64_t steps_done);
  absl::Status WriteSheet(TrainingStage& stage, int64_t steps_done);
  absl::Status WriteCurves() const;
  std::string MetricsPath() const;
  std::string PathOf(const TrainingStage& stage, absl::string_view suffix) const;

  TrainerOptions options_;
  std::string configuration_;  // of the stage that is running
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_TRAINER_H_
