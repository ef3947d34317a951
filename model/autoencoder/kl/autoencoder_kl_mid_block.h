// The middle of diffusers' AutoencoderKL, the same in its encoder and its decoder.

#ifndef STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_MID_BLOCK_H_
#define STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_MID_BLOCK_H_

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/attention.h"
#include "model/layers/normalization.h"
#include "model/layers/resnet_block_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// A resnet, self-attention of one head over all latent cells, a resnet. Immutable; copies share the
// weights.
class AutoencoderKLMidBlock {
 public:
  struct Options {
    int64_t channels = 0;
    int64_t norm_num_groups = 32;
    double norm_eps = 1e-6;
    bool attention = true;
  };

  // Takes the tensors below `name`, both spellings of the attention's.
  AutoencoderKLMidBlock(StateDictLoader& loader, const std::string& name, const Options& options);

  // [B, channels, h, w] to the same.
  at::Tensor Forward(const at::Tensor& input) const;

 private:
  ResnetBlock2D resnet_0_;
  std::optional<GroupNorm> group_norm_;  // of the attention
  std::optional<Attention> attention_;
  ResnetBlock2D resnet_1_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_MID_BLOCK_H_
