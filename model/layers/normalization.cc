#include "model/layers/normalization.h"

#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/silu.h>

#include "model/layers/channels_last_group_norm.h"

namespace strobe::model {

GroupNorm::GroupNorm(StateDictLoader& loader, const std::string& name, const Options& options)
    : weight_(loader.Take(name + ".weight", {options.channels})),
      bias_(loader.Take(name + ".bias", {options.channels})),
      groups_(options.groups),
      eps_(options.eps) {}

at::Tensor GroupNorm::Forward(const at::Tensor& input) const {
  if (IsChannelsLastNormable(input, weight_)) {
    return ChannelsLastGroupNorm(input, groups_, weight_, bias_, eps_, NormActivation::kNone);
  }
  return at::group_norm(input, groups_, weight_, bias_, eps_);
}

at::Tensor GroupNorm::ForwardSilu(const at::Tensor& input) const {
  if (IsChannelsLastNormable(input, weight_)) {
    return ChannelsLastGroupNorm(input, groups_, weight_, bias_, eps_, NormActivation::kSilu);
  }
  return at::silu(at::group_norm(input, groups_, weight_, bias_, eps_));
}

LayerNorm::LayerNorm(StateDictLoader& loader, const std::string& name, int64_t width, double eps)
    : weight_(loader.Take(name + ".weight", {width})),
      bias_(loader.Take(name + ".bias", {width})),
      eps_(eps) {}

at::Tensor LayerNorm::Forward(const at::Tensor& input) const {
  return at::layer_norm(input, weight_.sizes(), weight_, bias_, eps_);
}

}  // namespace strobe::model
