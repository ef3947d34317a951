// CLIPTextModel of transformers: token ids to embeddings.

#ifndef STROBE_MODEL_TEXT_CLIP_TEXT_MODEL_H_
#define STROBE_MODEL_TEXT_CLIP_TEXT_MODEL_H_

#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// The fields of a text encoder's config.json that change what is computed.
struct ClipTextConfig {
  int vocab_size = 49408;
  int hidden_size = 512;
  int intermediate_size = 2048;
  int num_hidden_layers = 12;
  int num_attention_heads = 8;
  int max_position_embeddings = 77;
  double layer_norm_eps = 1e-5;
  std::string hidden_act = "quick_gelu";  // or "gelu"

  // Defaults missing keys as transformers does; INVALID_ARGUMENT names an unsupported option.
  static absl::StatusOr<ClipTextConfig> FromJson(const nlohmann::json& config);
};

// Holds weights; immutable after creation.
class ClipTextModel {
 public:
  // Takes its tensors, with or without the `text_model.` prefix, from `loader`; the caller calls
  // `loader.Finish()`.
  static std::unique_ptr<ClipTextModel> Create(const ClipTextConfig& config,
                                               StateDictLoader& loader);
  virtual ~ClipTextModel() = default;

  // `input_ids`: int64 [B, tokens]. Returns last_hidden_state after the final layer norm,
  // [B, tokens, hidden_size]. Causal mask only: padding is attended, as diffusers does.
  virtual at::Tensor Forward(const at::Tensor& input_ids) const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_TEXT_MODEL_H_
