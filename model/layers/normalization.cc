#include "model/layers/normalization.h"

#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/silu.h>

#include "model/layers/widened.h"

namespace strobe::model {

GroupNorm::GroupNorm(StateDictLoader& loader, const std::string& name, const Options& options)
    : weight_(loader.Take(name + ".weight", {options.channels})),
      bias_(loader.Take(name + ".bias", {options.channels})),
      groups_(options.groups),
      eps_(options.eps) {}

at::Tensor GroupNorm::Forward(const at::Tensor& input) const {
  return Normalize(input, NormActivation::kNone);
}

at::Tensor GroupNorm::ForwardSilu(const at::Tensor& input) const {
  return Normalize(input, NormActivation::kSilu);
}

at::Tensor GroupNorm::Normalize(const at::Tensor& input, NormActivation activation) const {
  const at::Tensor weight = Widened(weight_, input), bias = Widened(bias_, input);
  if (IsChannelsLastNormable(input, weight)) {
    return ChannelsLastGroupNorm(input, groups_, weight, bias, eps_, activation);
  }
  const at::Tensor normed = at::group_norm(input, groups_, weight, bias, eps_);
  return activation == NormActivation::kSilu ? at::silu(normed) : normed;
}

LayerNorm::LayerNorm(StateDictLoader& loader, const std::string& name, int64_t width, double eps)
    : weight_(loader.Take(name + ".weight", {width})),
      bias_(loader.Take(name + ".bias", {width})),
      eps_(eps) {}

at::Tensor LayerNorm::Forward(const at::Tensor& input) const {
  return at::layer_norm(input, weight_.sizes(), Widened(weight_, input), Widened(bias_, input),
                        eps_);
}

}  // namespace strobe::model
