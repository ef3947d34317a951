// A two-dimensional convolution.

#ifndef STROBE_MODEL_LAYERS_CONV_2D_H_
#define STROBE_MODEL_LAYERS_CONV_2D_H_

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/packed_convolution.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Square kernel, padded by half of it. Immutable; copies share the weights. Where nothing will be
// trained, a PackedConvolution does the work if the device allows it; on CUDA, weights and results
// are channels_last.
class Conv2d {
 public:
  struct Options {
    int64_t in_channels = 0;
    int64_t out_channels = 0;
    int64_t kernel = 3;  // odd
    int64_t stride = 1;
    bool bias = true;
  };

  // Takes `name`.weight and, with a bias, `name`.bias.
  Conv2d(StateDictLoader& loader, const std::string& name, const Options& options);

  // [B, in_channels, h, w] to [B, out_channels, ceil(h / stride), ceil(w / stride)].
  at::Tensor Forward(const at::Tensor& input) const;

  // relu(Forward(input)).
  at::Tensor ForwardRelu(const at::Tensor& input) const;

  // The dtype of the weights.
  at::ScalarType dtype() const { return dtype_; }

 private:
  bool IsPackedFor(const at::Tensor& input) const {
    return packed_.has_value() && input.scalar_type() == dtype_;
  }

  at::Tensor weight_;
  at::Tensor bias_;                          // undefined: none
  std::optional<PackedConvolution> packed_;  // in place of the weight
  at::ScalarType dtype_;
  int64_t stride_;
  int64_t padding_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_CONV_2D_H_
