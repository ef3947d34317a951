#include "model/layers/linear.h"

#include <ATen/ops/linear.h>

#include "model/layers/widened.h"

namespace strobe::model {

Linear::Linear(StateDictLoader& loader, const std::string& name, const Options& options)
    : weight_(loader.Take(name + ".weight", {options.out_features, options.in_features})) {
  if (options.bias) {
    bias_ = loader.Take(name + ".bias", {options.out_features});
  }
}

at::Tensor Linear::Forward(const at::Tensor& input) const {
  return at::linear(input, Widened(weight_, input), Widened(bias_, input));
}

}  // namespace strobe::model
