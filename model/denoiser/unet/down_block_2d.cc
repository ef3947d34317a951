#include "model/denoiser/unet/down_block_2d.h"

#include "absl/strings/str_cat.h"

namespace strobe::model {

DownBlock2D::DownBlock2D(StateDictLoader& loader, const std::string& name, const Options& options) {
  ResnetBlock2D::Options resnet = options.resnet;
  for (int64_t j = 0; j < options.layers; ++j) {
    resnets_.emplace_back(loader, absl::StrCat(name, ".resnets.", j), resnet);
    resnet.in_channels = resnet.out_channels;
    if (options.attention.has_value()) {
      Transformer2DModel::Options attention = *options.attention;
      attention.layers = options.transformer_layers[j];
      attentions_.emplace_back(loader, absl::StrCat(name, ".attentions.", j), attention);
    }
  }
  if (options.downsample) {
    const int64_t channels = options.resnet.out_channels;
    downsampler_.emplace(loader, name + ".downsamplers.0.conv",
                         Conv2d::Options{channels, channels, /*kernel=*/3, /*stride=*/2});
  }
}

at::Tensor DownBlock2D::Forward(at::Tensor hidden, const at::Tensor& activated_time_embedding,
                                const at::Tensor& encoder_hidden_states,
                                std::vector<at::Tensor>& skips) const {
  for (size_t j = 0; j < resnets_.size(); ++j) {
    hidden = resnets_[j].Forward(hidden, activated_time_embedding);
    if (!attentions_.empty()) {
      hidden = attentions_[j].Forward(hidden, encoder_hidden_states);
    }
    skips.push_back(hidden);
  }
  if (downsampler_.has_value()) {
    hidden = downsampler_->Forward(hidden);
    skips.push_back(hidden);
  }
  return hidden;
}

}  // namespace strobe::model
