// diffusers' UpBlock2D and CrossAttnUpBlock2D.

#ifndef STROBE_MODEL_DENOISER_UNET_UP_BLOCK_2D_H_
#define STROBE_MODEL_DENOISER_UNET_UP_BLOCK_2D_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/transformer_2d_model.h"
#include "model/layers/resnet_block_2d.h"
#include "model/layers/upsample_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Resnets over what comes from below and one skip each, each followed by a transformer in the
// cross-attention variant, then an up-sampling unless it is the last block. Immutable.
class UpBlock2D {
 public:
  struct Options {
    int64_t channels = 0;                // of the result
    int64_t below_channels = 0;          // of what comes from the block below
    std::vector<int64_t> skip_channels;  // of each layer's skip, in the order of use
    ResnetBlock2D::Options resnet;       // its channel counts are not used
    std::optional<Transformer2DModel::Options> attention;  // absent: UpBlock2D
    std::vector<int64_t> transformer_layers;  // of each attention, in place of its option
    bool upsample = true;
  };

  // Takes `name`.{resnets,attentions}.<j> and `name`.upsamplers.0.conv.
  UpBlock2D(StateDictLoader& loader, const std::string& name, const Options& options);

  // `hidden`: [B, below_channels, h, w]. Takes one tensor for each layer from the back of `skips`.
  // Up-samples to the size of the tensor that is then at the back, where the next block starts.
  at::Tensor Forward(at::Tensor hidden, const at::Tensor& activated_time_embedding,
                     const at::Tensor& encoder_hidden_states, std::vector<at::Tensor>& skips) const;

 private:
  std::vector<ResnetBlock2D> resnets_;
  std::vector<Transformer2DModel> attentions_;  // one for each resnet, or none
  std::optional<Upsample2D> upsampler_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_UP_BLOCK_2D_H_
