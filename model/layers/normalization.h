// Group and layer normalization with weight and bias.

#ifndef STROBE_MODEL_LAYERS_NORMALIZATION_H_
#define STROBE_MODEL_LAYERS_NORMALIZATION_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/channels_last_group_norm.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Normalizes each group of channels over all pixels. Immutable; copies share the weights.
class GroupNorm {
 public:
  struct Options {
    int64_t channels = 0;  // a multiple of groups
    int64_t groups = 32;
    double eps = 1e-5;
  };

  // Takes `name`.weight and `name`.bias.
  GroupNorm(StateDictLoader& loader, const std::string& name, const Options& options);

  // [B, channels, ...] to the same shape.
  at::Tensor Forward(const at::Tensor& input) const;

  // silu(Forward(input)).
  at::Tensor ForwardSilu(const at::Tensor& input) const;

 private:
  at::Tensor Normalize(const at::Tensor& input, NormActivation activation) const;

  at::Tensor weight_;
  at::Tensor bias_;
  int64_t groups_;
  double eps_;
};

// Normalizes the last dimension. Immutable; copies share the weights.
class LayerNorm {
 public:
  // Takes `name`.weight and `name`.bias.
  LayerNorm(StateDictLoader& loader, const std::string& name, int64_t width, double eps);

  // [..., width] to the same shape.
  at::Tensor Forward(const at::Tensor& input) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  double eps_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_NORMALIZATION_H_
