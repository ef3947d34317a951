// diffusers' Transformer2DModel: transformer blocks over the cells of a feature map.

#ifndef STROBE_MODEL_DENOISER_UNET_TRANSFORMER_2D_MODEL_H_
#define STROBE_MODEL_DENOISER_UNET_TRANSFORMER_2D_MODEL_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/basic_transformer_block.h"
#include "model/layers/conv_2d.h"
#include "model/layers/linear.h"
#include "model/layers/normalization.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// x + proj_out(blocks(proj_in(group_norm(x)))). The projections are linear layers (SD 2) or 1x1
// convolutions (SD 1.5); they compute the same, but the files differ in shape. Immutable.
class Transformer2DModel {
 public:
  struct Options {
    int64_t channels = 0;
    int64_t heads = 1;
    int64_t layers = 1;
    int64_t cross_attention_dim = 0;
    int64_t norm_num_groups = 32;
    bool use_linear_projection = false;
  };

  // Takes `name`.{norm,proj_in,transformer_blocks.<i>,proj_out}.
  Transformer2DModel(StateDictLoader& loader, const std::string& name, const Options& options);

  // `input`: [B, channels, h, w]; `encoder_hidden_states`: [B, tokens, cross_attention_dim].
  // Returns [B, channels, h, w].
  at::Tensor Forward(const at::Tensor& input, const at::Tensor& encoder_hidden_states) const;

 private:
  using Projection = std::variant<Linear, Conv2d>;

  static Projection MakeProjection(StateDictLoader& loader, const std::string& name,
                                   const Options& options);

  GroupNorm norm_;
  Projection proj_in_;
  std::vector<BasicTransformerBlock> blocks_;
  Projection proj_out_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_TRANSFORMER_2D_MODEL_H_
