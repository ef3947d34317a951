// The names of tensors in published LoRA files, in one spelling.

#ifndef STROBE_MODEL_WEIGHTS_LORA_NAMES_H_
#define STROBE_MODEL_WEIGHTS_LORA_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace strobe::model {

// Which part of a low-rank update W + scale * alpha / rank * up * down a tensor is.
enum class LoraRole { kDown, kUp, kAlpha };

// Where a tensor of a LoRA file belongs.
struct LoraTarget {
  std::string component;  // "unet", "text_encoder" or "text_encoder_2"
  std::string module;     // see LoraModuleName
  LoraRole role = LoraRole::kDown;
};

// A module's name with underscores for dots and without `text_model.`, the common ground of all
// spellings: "down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q".
std::string LoraModuleName(absl::string_view dotted);

// Reads the spellings that diffusers accepts for these files: peft's (`unet.X.lora_A.weight`,
// `base_model.model.X.lora_A.weight`), diffusers' older ones (`unet.X.lora.down.weight`,
// `unet.X.processor.to_q_lora.down.weight`, `text_encoder.X.lora_linear_layer.up.weight`) and
// kohya's (`lora_unet_X.lora_down.weight`, `lora_te1_X.alpha`), there also with the block names of
// the original SDXL code (input_blocks, middle_block, output_blocks), which need the UNet's
// `layers_per_block`. A name without a component belongs to the UNet. Absent: none of these.
std::optional<LoraTarget> ParseLoraName(const std::string& name, int64_t layers_per_block);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_LORA_NAMES_H_
