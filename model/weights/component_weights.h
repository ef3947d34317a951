// The weights of one component's folder, whichever way they were saved.

#ifndef STROBE_MODEL_WEIGHTS_COMPONENT_WEIGHTS_H_
#define STROBE_MODEL_WEIGHTS_COMPONENT_WEIGHTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Reads `folder`'s diffusion_pytorch_model.safetensors or model.safetensors, or the shards that the
// `.safetensors.index.json` of the same name lists. Shard names are file names in `folder`, nothing
// else. Every shard must hold the tensors the index says. NOT_FOUND: no weights. INVALID_ARGUMENT:
// only pickle files, which are never opened; the error says how to convert them.
absl::StatusOr<StateDict> ReadComponentWeights(const std::string& folder);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_COMPONENT_WEIGHTS_H_
