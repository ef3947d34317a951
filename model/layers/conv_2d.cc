#include "model/layers/conv_2d.h"

#include <ATen/ops/conv2d.h>

#include "model/layers/widened.h"

namespace strobe::model {

Conv2d::Conv2d(StateDictLoader& loader, const std::string& name, const Options& options)
    : weight_(loader.Take(name + ".weight", {options.out_channels, options.in_channels,
                                             options.kernel, options.kernel})),
      stride_(options.stride),
      padding_(options.kernel / 2) {
  if (options.bias) {
    bias_ = loader.Take(name + ".bias", {options.out_channels});
  }
}

at::Tensor Conv2d::Forward(const at::Tensor& input) const {
  return at::conv2d(input, Widened(weight_, input), Widened(bias_, input), {stride_, stride_},
                    {padding_, padding_});
}

}  // namespace strobe::model
