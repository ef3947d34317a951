// Weights for a computation that is wider than they are.

#ifndef STROBE_MODEL_LAYERS_WIDENED_H_
#define STROBE_MODEL_LAYERS_WIDENED_H_

#include <ATen/core/Tensor.h>

namespace strobe::model {

// `weight` itself, or a float32 copy for this one call when the input is float32 and the weight
// narrower: a layer of a 16-bit model then computes in float32, and no second set of weights is
// kept. An undefined weight stays undefined.
inline at::Tensor Widened(const at::Tensor& weight, const at::Tensor& input) {
  const bool wide = input.scalar_type() == at::kFloat;
  if (!wide || !weight.defined() || weight.scalar_type() == at::kFloat) return weight;
  return weight.to(at::kFloat);
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_WIDENED_H_
