#include "model/denoiser/unet/up_block_2d.h"

#include <ATen/ops/cat.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {

UpBlock2D::UpBlock2D(StateDictLoader& loader, const std::string& name, const Options& options) {
  ResnetBlock2D::Options resnet = options.resnet;
  resnet.out_channels = options.channels;
  int64_t hidden_channels = options.below_channels;
  for (size_t j = 0; j < options.skip_channels.size(); ++j) {
    resnet.in_channels = hidden_channels + options.skip_channels[j];
    hidden_channels = options.channels;
    resnets_.emplace_back(loader, absl::StrCat(name, ".resnets.", j), resnet);
    if (options.attention.has_value()) {
      Transformer2DModel::Options attention = *options.attention;
      attention.layers = options.transformer_layers[j];
      attentions_.emplace_back(loader, absl::StrCat(name, ".attentions.", j), attention);
    }
  }
  if (options.upsample) {
    upsampler_.emplace(loader, name + ".upsamplers.0", options.channels);
  }
}

at::Tensor UpBlock2D::Forward(at::Tensor hidden, const at::Tensor& activated_time_embedding,
                              const at::Tensor& encoder_hidden_states,
                              std::vector<at::Tensor>& skips) const {
  for (size_t j = 0; j < resnets_.size(); ++j) {
    hidden = at::cat({hidden, skips.back()}, 1);
    skips.pop_back();
    hidden = resnets_[j].Forward(hidden, activated_time_embedding);
    if (!attentions_.empty()) {
      hidden = attentions_[j].Forward(hidden, encoder_hidden_states);
    }
  }
  if (upsampler_.has_value()) {
    hidden = upsampler_->Forward(hidden, skips.back().size(2), skips.back().size(3));
  }
  return hidden;
}

}  // namespace strobe::model
