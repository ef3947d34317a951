// diffusers' DownBlock2D and CrossAttnDownBlock2D.

#ifndef STROBE_MODEL_DENOISER_UNET_DOWN_BLOCK_2D_H_
#define STROBE_MODEL_DENOISER_UNET_DOWN_BLOCK_2D_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/transformer_2d_model.h"
#include "model/layers/conv_2d.h"
#include "model/layers/resnet_block_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Resnets, each followed by a transformer in the cross-attention variant, then a convolution of
// stride 2 unless it is the last block. Immutable.
class DownBlock2D {
 public:
  struct Options {
    int64_t layers = 1;
    ResnetBlock2D::Options resnet;                         // of the first layer
    std::optional<Transformer2DModel::Options> attention;  // absent: DownBlock2D
    std::vector<int64_t> transformer_layers;  // of each attention, in place of its option
    bool downsample = true;
  };

  // Takes `name`.{resnets,attentions}.<j> and `name`.downsamplers.0.conv.
  DownBlock2D(StateDictLoader& loader, const std::string& name, const Options& options);

  // `hidden`: [B, in_channels, h, w]. Returns the block's result, at half the size (rounded up)
  // when it down-samples. Appends what the way up needs to `skips`: each layer's result, then the
  // down-sampled one.
  at::Tensor Forward(at::Tensor hidden, const at::Tensor& activated_time_embedding,
                     const at::Tensor& encoder_hidden_states, std::vector<at::Tensor>& skips) const;

 private:
  std::vector<ResnetBlock2D> resnets_;
  std::vector<Transformer2DModel> attentions_;  // one for each resnet, or none
  std::optional<Conv2d> downsampler_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_DOWN_BLOCK_2D_H_
