#include "model/training/methods/student_spread.h"

#include <cmath>

#include <ATen/TensorOperators.h>

namespace strobe::model {

double SpreadOverSeeds(const at::Tensor& latents, int64_t seeds) {
  const at::Tensor by_prompt =
      latents.to(at::kFloat).flatten(1).view({-1, seeds, latents[0].numel()});
  return std::sqrt(by_prompt.var(/*dim=*/1, /*unbiased=*/true).mean().item<double>());
}

}  // namespace strobe::model
