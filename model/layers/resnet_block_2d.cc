#include "model/layers/resnet_block_2d.h"

#include <ATen/TensorOperators.h>

namespace strobe::model {

ResnetBlock2D::ResnetBlock2D(StateDictLoader& loader, const std::string& name,
                             const Options& options)
    : norm1_(loader, name + ".norm1",
             {options.in_channels, options.norm_num_groups, options.norm_eps}),
      conv1_(loader, name + ".conv1", {options.in_channels, options.out_channels}),
      norm2_(loader, name + ".norm2",
             {options.out_channels, options.norm_num_groups, options.norm_eps}),
      conv2_(loader, name + ".conv2", {options.out_channels, options.out_channels}) {
  if (options.time_embedding_dim > 0) {
    time_emb_proj_.emplace(loader, name + ".time_emb_proj",
                           Linear::Options{options.time_embedding_dim, options.out_channels});
  }
  if (options.in_channels != options.out_channels) {
    conv_shortcut_.emplace(loader, name + ".conv_shortcut",
                           Conv2d::Options{options.in_channels, options.out_channels, 1});
  }
}

at::Tensor ResnetBlock2D::Forward(const at::Tensor& input,
                                  const at::Tensor& activated_time_embedding) const {
  at::Tensor hidden = conv1_.Forward(norm1_.ForwardSilu(input));
  if (time_emb_proj_.has_value()) {
    const at::Tensor shift = time_emb_proj_->Forward(activated_time_embedding);
    hidden = hidden + shift.unsqueeze(-1).unsqueeze(-1);
  }
  hidden = conv2_.Forward(norm2_.ForwardSilu(hidden));
  return (conv_shortcut_.has_value() ? conv_shortcut_->Forward(input) : input) + hidden;
}

}  // namespace strobe::model
