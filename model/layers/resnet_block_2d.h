// diffusers' ResnetBlock2D, with or without a time embedding.

#ifndef STROBE_MODEL_LAYERS_RESNET_BLOCK_2D_H_
#define STROBE_MODEL_LAYERS_RESNET_BLOCK_2D_H_

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/conv_2d.h"
#include "model/layers/linear.h"
#include "model/layers/normalization.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// x + conv2(silu(norm2(conv1(silu(norm1(x))) + time_emb_proj(t)))), with a 1x1 convolution on x
// when the widths differ. Immutable; copies share the weights.
class ResnetBlock2D {
 public:
  struct Options {
    int64_t in_channels = 0;
    int64_t out_channels = 0;
    int64_t time_embedding_dim = 0;  // 0: no time embedding
    int64_t norm_num_groups = 32;
    double norm_eps = 1e-5;
  };

  // Takes the tensors below `name`.
  ResnetBlock2D(StateDictLoader& loader, const std::string& name, const Options& options);

  // `input`: [B, in_channels, h, w]. `activated_time_embedding`: [B, time_embedding_dim], already
  // through SiLU because all blocks share it; ignored without a time embedding. Returns
  // [B, out_channels, h, w].
  at::Tensor Forward(const at::Tensor& input, const at::Tensor& activated_time_embedding) const;

 private:
  GroupNorm norm1_;
  Conv2d conv1_;
  std::optional<Linear> time_emb_proj_;
  GroupNorm norm2_;
  Conv2d conv2_;
  std::optional<Conv2d> conv_shortcut_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_RESNET_BLOCK_2D_H_
