// diffusers' Upsample2D: nearest neighbour, then a convolution.

#ifndef STROBE_MODEL_LAYERS_UPSAMPLE_2D_H_
#define STROBE_MODEL_LAYERS_UPSAMPLE_2D_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/conv_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Immutable; copies share the weights.
class Upsample2D {
 public:
  // Takes `name`.conv.
  Upsample2D(StateDictLoader& loader, const std::string& name, int64_t channels);

  // [B, channels, h, w] to [B, channels, height, width]. The size is explicit because the way down
  // rounds odd sizes up, so that doubling does not always lead back.
  at::Tensor Forward(const at::Tensor& input, int64_t height, int64_t width) const;

 private:
  Conv2d conv_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_UPSAMPLE_2D_H_
