// diffusers' UNetMidBlock2DCrossAttn, and UNetMidBlock2D without attention.

#ifndef STROBE_MODEL_DENOISER_UNET_UNET_MID_BLOCK_2D_H_
#define STROBE_MODEL_DENOISER_UNET_UNET_MID_BLOCK_2D_H_

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/transformer_2d_model.h"
#include "model/layers/resnet_block_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Resnet, transformer, resnet at the smallest size; without attention one resnet alone. Immutable.
class UNetMidBlock2D {
 public:
  struct Options {
    ResnetBlock2D::Options resnet;
    std::optional<Transformer2DModel::Options> attention;
  };

  // Takes `name`.resnets.0 and, with attention, `name`.attentions.0 and `name`.resnets.1.
  UNetMidBlock2D(StateDictLoader& loader, const std::string& name, const Options& options);

  // `hidden`: [B, channels, h, w]; the result has the same shape.
  at::Tensor Forward(const at::Tensor& hidden, const at::Tensor& activated_time_embedding,
                     const at::Tensor& encoder_hidden_states) const;

 private:
  ResnetBlock2D first_resnet_;
  std::optional<Transformer2DModel> attention_;
  std::optional<ResnetBlock2D> second_resnet_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_UNET_MID_BLOCK_2D_H_
