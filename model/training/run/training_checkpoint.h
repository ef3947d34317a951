// Checkpoints of a training stage: one safetensors file each.

#ifndef STROBE_MODEL_TRAINING_RUN_TRAINING_CHECKPOINT_H_
#define STROBE_MODEL_TRAINING_RUN_TRAINING_CHECKPOINT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Writes `state` after `steps_done` steps. The file at `path` is replaced as a whole or, when the
// disk is full say, stays what it was. `configuration` is what a resumed run must agree with.
absl::Status SaveCheckpoint(const std::string& path, const StateDict& state, int64_t steps_done,
                            const std::string& configuration);

// Copies the checkpoint at `path` into the tensors of `state` and returns its steps; nothing when
// there is no such file. FAILED_PRECONDITION when it was written with another configuration, the
// differences in the message; INVALID_ARGUMENT when its tensors are not those of `state`. On an
// error no tensor has changed.
absl::StatusOr<std::optional<int64_t>> RestoreCheckpoint(const std::string& path,
                                                         const StateDict& state,
                                                         const std::string& configuration);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_TRAINING_CHECKPOINT_H_
