// A convolution for inference on a CPU, whose weights lie as oneDNN wants them.

#ifndef STROBE_MODEL_LAYERS_PACKED_CONVOLUTION_H_
#define STROBE_MODEL_LAYERS_PACKED_CONVOLUTION_H_

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

namespace strobe::model {

// at::conv2d rearranges the weights at each call. Which layout is best depends on the size of the
// picture, so each shape of input has its own; shapes that agree share one, and the first one that
// is made takes the place of the plain weights. Pictures are channels_last: what comes in in
// another layout is rearranged, and what goes out stays. Thread-safe; copies share the weights.
class PackedConvolution {
 public:
  enum class Activation { kNone, kRelu };

  // Float32 on a CPU, in a LibTorch built with oneDNN, and bfloat16 where oneDNN computes in it.
  static bool Supports(const at::Tensor& weight);

  // `weight`: [out, in, k, k]; `bias`: [out] or undefined.
  PackedConvolution(at::Tensor weight, at::Tensor bias, int64_t stride, int64_t padding);

  // [B, in, h, w] of the weights' dtype to [B, out, ceil(h / stride), ceil(w / stride)].
  at::Tensor Forward(const at::Tensor& input, Activation activation) const;

  // The weights as they came, a copy mostly.
  at::Tensor PlainWeight() const;

 private:
  class Weights;

  std::shared_ptr<Weights> weights_;
  at::Tensor bias_;
  int64_t stride_;
  int64_t padding_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_PACKED_CONVOLUTION_H_
