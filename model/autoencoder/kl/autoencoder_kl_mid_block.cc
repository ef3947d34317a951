#include "model/autoencoder/kl/autoencoder_kl_mid_block.h"

#include <ATen/TensorOperators.h>

namespace strobe::model {
namespace {

ResnetBlock2D::Options ResnetOf(const AutoencoderKLMidBlock::Options& options) {
  return {options.channels, options.channels, /*time_embedding_dim=*/0, options.norm_num_groups,
          options.norm_eps};
}

}  // namespace

AutoencoderKLMidBlock::AutoencoderKLMidBlock(StateDictLoader& loader, const std::string& name,
                                             const Options& options)
    : resnet_0_(loader, name + ".resnets.0", ResnetOf(options)),
      resnet_1_(loader, name + ".resnets.1", ResnetOf(options)) {
  if (!options.attention) return;
  const std::string attention = name + ".attentions.0";
  group_norm_.emplace(
      loader, attention + ".group_norm",
      GroupNorm::Options{options.channels, options.norm_num_groups, options.norm_eps});
  attention_.emplace(loader, attention,
                     Attention::Options{options.channels, options.channels, /*heads=*/1,
                                        /*qkv_bias=*/true});
}

at::Tensor AutoencoderKLMidBlock::Forward(const at::Tensor& input) const {
  at::Tensor hidden = resnet_0_.Forward(input, {});
  if (attention_.has_value()) {
    const at::Tensor tokens = group_norm_->Forward(hidden).flatten(2).transpose(1, 2);
    const at::Tensor attended = attention_->Forward(tokens, tokens);
    hidden = hidden + attended.transpose(1, 2).reshape(hidden.sizes());
  }
  return resnet_1_.Forward(hidden, {});
}

}  // namespace strobe::model
