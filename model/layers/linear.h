// A linear layer.

#ifndef STROBE_MODEL_LAYERS_LINEAR_H_
#define STROBE_MODEL_LAYERS_LINEAR_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// y = x * weight^T + bias. Immutable; copies share the weights.
class Linear {
 public:
  struct Options {
    int64_t in_features = 0;
    int64_t out_features = 0;
    bool bias = true;
  };

  // Takes `name`.weight and, with a bias, `name`.bias.
  Linear(StateDictLoader& loader, const std::string& name, const Options& options);

  // [..., in_features] to [..., out_features].
  at::Tensor Forward(const at::Tensor& input) const;

  // The dtype of the weights.
  at::ScalarType dtype() const { return weight_.scalar_type(); }

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined: none
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_LINEAR_H_
