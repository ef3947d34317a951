// The residual block of diffusers' AutoencoderTiny.

#ifndef STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_BLOCK_H_
#define STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_BLOCK_H_

#include <cstdint>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/relu.h>

#include "model/layers/conv_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// relu(x + conv(relu(conv(relu(conv(x)))))), all of one width. Immutable; copies share the weights.
class AutoencoderTinyBlock {
 public:
  // Takes the tensors below `name`.
  AutoencoderTinyBlock(StateDictLoader& loader, const std::string& name, int64_t width)
      : conv_0_(loader, name + ".conv.0", {width, width}),
        conv_2_(loader, name + ".conv.2", {width, width}),
        conv_4_(loader, name + ".conv.4", {width, width}) {}

  at::Tensor Forward(const at::Tensor& input) const {
    const at::Tensor hidden = conv_2_.ForwardRelu(conv_0_.ForwardRelu(input));
    return at::relu(input + conv_4_.Forward(hidden));
  }

 private:
  Conv2d conv_0_;
  Conv2d conv_2_;
  Conv2d conv_4_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_BLOCK_H_
