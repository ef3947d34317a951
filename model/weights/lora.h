// LoRA files, added to a model's weights while they are loaded.

#ifndef STROBE_MODEL_WEIGHTS_LORA_H_
#define STROBE_MODEL_WEIGHTS_LORA_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/spec/model_manifest.h"

namespace strobe::model {

// The low-rank updates of one or more files, each with its strength. Fusing gives what diffusers'
// fuse_lora gives with these adapters and weights: W + sum of strength * alpha / rank * up * down,
// in float32. Not thread-safe.
class LoraSet {
 public:
  // Reads `references`, their paths taken as they are; a folder stands for its
  // pytorch_lora_weights.safetensors or adapter_model.safetensors. `layers_per_block` is the
  // UNet's. alpha comes from the tensors named so, else from diffusers' `lora_adapter_metadata` or
  // peft's adapter_config.json beside the file, else it is the rank. INVALID_ARGUMENT names every
  // tensor that is no part of a LoRA (DoRA and LoHa ones among them) or has no partner.
  static absl::StatusOr<LoraSet> Read(const std::vector<LoraReference>& references,
                                      int64_t layers_per_block);

  // `weight` with the updates of `component`'s tensor `name`; `weight` itself where there are none.
  // INVALID_ARGUMENT: an update of another shape.
  absl::StatusOr<at::Tensor> Fuse(const std::string& component, const std::string& name,
                                  const at::Tensor& weight);

  // After all components were loaded: INVALID_ARGUMENT names the modules that none of them has.
  absl::Status CheckAllUsed() const;

 private:
  struct Update {
    std::string file;
    at::Tensor down;
    at::Tensor up;
    double scale = 1.0;
  };
  using Module = std::pair<std::string, std::string>;  // component, LoraModuleName

  std::map<Module, std::vector<Update>> updates_;
  std::set<Module> used_;

  friend class LoraFileReader;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_LORA_H_
