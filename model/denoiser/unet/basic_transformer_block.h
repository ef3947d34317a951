// diffusers' BasicTransformerBlock: self-attention, cross-attention, feed-forward.

#ifndef STROBE_MODEL_DENOISER_UNET_BASIC_TRANSFORMER_BLOCK_H_
#define STROBE_MODEL_DENOISER_UNET_BASIC_TRANSFORMER_BLOCK_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/feed_forward.h"
#include "model/layers/attention.h"
#include "model/layers/normalization.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Each part is x + part(layer_norm(x)), with eps 1e-5. Immutable.
class BasicTransformerBlock {
 public:
  struct Options {
    int64_t width = 0;
    int64_t heads = 1;
    int64_t cross_attention_dim = 0;
  };

  // Takes `name`.{norm1,attn1,norm2,attn2,norm3,ff}.
  BasicTransformerBlock(StateDictLoader& loader, const std::string& name, const Options& options);

  // `input`: [B, n, width]; `encoder_hidden_states`: [B, tokens, cross_attention_dim]. Returns
  // [B, n, width].
  at::Tensor Forward(const at::Tensor& input, const at::Tensor& encoder_hidden_states) const;

 private:
  LayerNorm norm1_;
  Attention attn1_;
  LayerNorm norm2_;
  Attention attn2_;
  LayerNorm norm3_;
  FeedForward feed_forward_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_BASIC_TRANSFORMER_BLOCK_H_
