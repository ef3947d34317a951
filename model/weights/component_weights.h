// The weights of one component's folder, whichever way they were saved.

#ifndef STROBE_MODEL_WEIGHTS_COMPONENT_WEIGHTS_H_
#define STROBE_MODEL_WEIGHTS_COMPONENT_WEIGHTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Reads `path`, a safetensors file or a folder. In a folder that is diffusion_pytorch_model or
// model, as `.safetensors` or as the shards that `.safetensors.index.json` lists; of a `variant`
// ("fp16") the files with its name in them, where there are any. Without plain files the folder's
// variant is taken, "fp16" before others. Shard names are file names in the folder, nothing else,
// and every shard must hold the tensors the index says.
//
// NOT_FOUND: no weights. INVALID_ARGUMENT: only pickle files, which are never opened; the error
// says how to convert them.
absl::StatusOr<StateDict> ReadComponentWeights(const std::string& path,
                                               const std::string& variant = "");

// INVALID_ARGUMENT when `path` is a pickle file by its name, with how to convert it.
absl::Status RefusePickle(const std::string& path);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_COMPONENT_WEIGHTS_H_
