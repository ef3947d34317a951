// Group normalization of channels_last pictures on a CUDA device.

#ifndef STROBE_MODEL_CUDA_DEVICE_GROUP_NORM_H_
#define STROBE_MODEL_CUDA_DEVICE_GROUP_NORM_H_

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace strobe::model {

// ChannelsLastGroupNorm on a CUDA device, with SiLU after it if `silu`. `input`: [B, C, h, w],
// float32, float16 or bfloat16, dense and channels_last; `weight` and `bias`: [C] of its dtype and
// device. Sums are float32 in runs of pixels and float64 over these, in one order always; the
// result is rounded to the input's dtype once. Throws c10::Error.
at::Tensor GroupNormOnDevice(const at::Tensor& input, int64_t groups, const at::Tensor& weight,
                             const at::Tensor& bias, double eps, bool silu);

}  // namespace strobe::model

#endif  // STROBE_MODEL_CUDA_DEVICE_GROUP_NORM_H_
