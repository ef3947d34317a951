#include "model/layers/conv_2d.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/relu.h>

#include "model/layers/widened.h"

namespace strobe::model {

Conv2d::Conv2d(StateDictLoader& loader, const std::string& name, const Options& options)
    : weight_(loader.Take(name + ".weight", {options.out_channels, options.in_channels,
                                             options.kernel, options.kernel})),
      dtype_(weight_.scalar_type()),
      stride_(options.stride),
      padding_(options.kernel / 2) {
  if (options.bias) {
    bias_ = loader.Take(name + ".bias", {options.out_channels});
  }
  if (loader.for_inference() && PackedConvolution::Supports(weight_)) {
    packed_.emplace(std::move(weight_), bias_, stride_, padding_);
  } else if (loader.for_inference() && weight_.is_cuda()) {
    // The layout of the weights is that of what the convolution gives.
    weight_ = weight_.contiguous(at::MemoryFormat::ChannelsLast);
  }
}

at::Tensor Conv2d::Forward(const at::Tensor& input) const {
  if (IsPackedFor(input)) return packed_->Forward(input, PackedConvolution::Activation::kNone);
  const at::Tensor weight = packed_.has_value() ? packed_->PlainWeight() : weight_;
  return at::conv2d(input, Widened(weight, input), Widened(bias_, input), {stride_, stride_},
                    {padding_, padding_});
}

at::Tensor Conv2d::ForwardRelu(const at::Tensor& input) const {
  if (IsPackedFor(input)) return packed_->Forward(input, PackedConvolution::Activation::kRelu);
  return at::relu(Forward(input));
}

}  // namespace strobe::model
