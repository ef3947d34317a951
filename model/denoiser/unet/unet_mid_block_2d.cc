#include "model/denoiser/unet/unet_mid_block_2d.h"

namespace strobe::model {

UNetMidBlock2D::UNetMidBlock2D(StateDictLoader& loader, const std::string& name,
                               const Options& options)
    : first_resnet_(loader, name + ".resnets.0", options.resnet) {
  if (!options.attention.has_value()) return;
  attention_.emplace(loader, name + ".attentions.0", *options.attention);
  second_resnet_.emplace(loader, name + ".resnets.1", options.resnet);
}

at::Tensor UNetMidBlock2D::Forward(const at::Tensor& hidden,
                                   const at::Tensor& activated_time_embedding,
                                   const at::Tensor& encoder_hidden_states) const {
  const at::Tensor first = first_resnet_.Forward(hidden, activated_time_embedding);
  if (!attention_.has_value()) return first;
  return second_resnet_->Forward(attention_->Forward(first, encoder_hidden_states),
                                 activated_time_embedding);
}

}  // namespace strobe::model
