// One stage of training, as the trainer sees it.

#ifndef STROBE_MODEL_TRAINING_STAGES_TRAINING_STAGE_H_
#define STROBE_MODEL_TRAINING_STAGES_TRAINING_STAGE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/spec/generation_types.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Pictures on a sample sheet.
inline constexpr int64_t kSheetPictures = 16;

struct StepReport {
  double loss = 0.0;
  double gradient_norm = 0.0;
  double learning_rate = 0.0;
  std::map<std::string, double> extras;  // further numbers for the metrics file
};

// A number of steps over tensors that are all in State(): step i is a pure function of (State(), i)
// and of what the stage was made with. Methods may throw what LibTorch throws. Not thread-safe.
class TrainingStage {
 public:
  virtual ~TrainingStage() = default;

  // Lower case, used in file names: "autoencoder", "teacher", ...
  virtual absl::string_view name() const = 0;
  virtual int64_t num_steps() const = 0;
  virtual int64_t batch_size() const = 0;  // samples a step

  // INVALID_ARGUMENT names the step when something is not finite; the state is then as before.
  virtual absl::StatusOr<StepReport> RunStep(int64_t step) = 0;

  // The tensors themselves: writing to them restores a checkpoint.
  virtual StateDict State() const = 0;

  // What the stage can show of its work; nothing for a stage without pictures.
  virtual absl::StatusOr<std::optional<RgbImage>> SampleSheet() = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_TRAINING_STAGE_H_
