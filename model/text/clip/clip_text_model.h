// CLIPTextModel and CLIPTextModelWithProjection of transformers: token ids to embeddings.

#ifndef STROBE_MODEL_TEXT_CLIP_CLIP_TEXT_MODEL_H_
#define STROBE_MODEL_TEXT_CLIP_CLIP_TEXT_MODEL_H_

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
  int projection_dim = 512;               // width of text_embeds
  int eos_token_id = 49407;               // where text_embeds is taken from

  // Defaults missing keys as transformers does; INVALID_ARGUMENT names an unsupported option.
  static absl::StatusOr<ClipTextConfig> FromJson(const nlohmann::json& config);
};

// What the families take from a text encoder, for B prompts.
struct ClipTextOutput {
  at::Tensor last_hidden_state;  // [B, tokens, hidden_size], after the final layer norm
  at::Tensor penultimate;        // [B, tokens, hidden_size], before the last layer, not normalized
  at::Tensor text_embeds;        // [B, projection_dim]; undefined without a projection
};

// Holds weights; immutable after creation.
class ClipTextModel {
 public:
  enum class Head { kNone, kProjection };

  // Takes its tensors, with or without the `text_model.` prefix, from `loader`, and for kProjection
  // `text_projection.weight`; the caller calls `loader.Finish()`.
  static std::unique_ptr<ClipTextModel> Create(const ClipTextConfig& config, Head head,
                                               StateDictLoader& loader);
  virtual ~ClipTextModel() = default;

  // `input_ids`: int64 [B, tokens]. Causal mask only: padding is attended, as diffusers does.
  // text_embeds projects the last hidden state at the first end token, as transformers finds it:
  // the largest id where the config still has the old eos_token_id 2, else the first eos_token_id
  // (and place 0 where there is none).
  virtual ClipTextOutput Forward(const at::Tensor& input_ids) const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_CLIP_TEXT_MODEL_H_
