#include "model/denoiser/unet_mid_block_2d.h"

namespace strobe::model {

UNetMidBlock2DCrossAttn::UNetMidBlock2DCrossAttn(StateDictLoader& loader, const std::string& name,
                                                 const Options& options)
    : first_resnet_(loader, name + ".resnets.0", options.resnet),
      attention_(loader, name + ".attentions.0", options.attention),
      second_resnet_(loader, name + ".resnets.1", options.resnet) {}

at::Tensor UNetMidBlock2DCrossAttn::Forward(const at::Tensor& hidden,
                                            const at::Tensor& activated_time_embedding,
                                            const at::Tensor& encoder_hidden_states) const {
  const at::Tensor attended = attention_.Forward(
      first_resnet_.Forward(hidden, activated_time_embedding), encoder_hidden_states);
  return second_resnet_.Forward(attended, activated_time_embedding);
}

}  // namespace strobe::model
