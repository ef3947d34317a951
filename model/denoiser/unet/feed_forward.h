// diffusers' FeedForward with GEGLU.

#ifndef STROBE_MODEL_DENOISER_UNET_FEED_FORWARD_H_
#define STROBE_MODEL_DENOISER_UNET_FEED_FORWARD_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/linear.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Four times as wide inside: [value, gate] = proj(x), then linear(value * gelu(gate)), with the
// exact (erf) GELU. Immutable.
class FeedForward {
 public:
  // Takes `name`.net.0.proj and `name`.net.2.
  FeedForward(StateDictLoader& loader, const std::string& name, int64_t width);

  // [B, n, width] to the same shape.
  at::Tensor Forward(const at::Tensor& input) const;

 private:
  Linear proj_;
  Linear out_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_FEED_FORWARD_H_
