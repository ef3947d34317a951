// How strongly a LoRA file's own settings weigh its updates.

#ifndef STROBE_MODEL_WEIGHTS_LORA_SCALING_H_
#define STROBE_MODEL_WEIGHTS_LORA_SCALING_H_

#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"

namespace strobe::model {

// peft's LoraConfig of one component, as far as it changes the scale.
class LoraScaling {
 public:
  // INVALID_ARGUMENT: use_dora, or a value of the wrong type. `config` is an object.
  static absl::StatusOr<LoraScaling> FromJson(const nlohmann::json& config);

  // lora_alpha (or the alpha_pattern's for `module`, a LoraModuleName) / rank; with use_rslora
  // / sqrt(rank).
  double ScaleOf(const std::string& module, double rank) const;

 private:
  double alpha_ = 8.0;                            // peft's default
  std::map<std::string, double> alpha_patterns_;  // by LoraModuleName
  bool rslora_ = false;
};

// The scaling of each component ("unet", ...) from the metadata of a safetensors file that
// diffusers wrote, or of the UNet from the text of peft's adapter_config.json; empty: neither.
absl::StatusOr<std::map<std::string, LoraScaling>> ReadLoraScalings(
    const std::map<std::string, std::string>& metadata, const std::string& adapter_config);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_LORA_SCALING_H_
