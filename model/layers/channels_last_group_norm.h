// Group normalization, and SiLU after it, for pictures that lie channels_last.

#ifndef STROBE_MODEL_LAYERS_CHANNELS_LAST_GROUP_NORM_H_
#define STROBE_MODEL_LAYERS_CHANNELS_LAST_GROUP_NORM_H_

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace strobe::model {

enum class NormActivation { kNone, kSilu };

// Whether the function below takes `input`: [B, C, h, w], dense and channels_last, of the dtype of
// `weight` and with no gradient wanted of either; float32 on the CPU, and in a build with CUDA also
// float32, float16 or bfloat16 on a CUDA device.
bool IsChannelsLastNormable(const at::Tensor& input, const at::Tensor& weight);

// at::group_norm, with at::silu after it if asked for, in two passes and in the input's layout:
// LibTorch's own takes four times as long for channels_last as for the usual layout. `weight` and
// `bias`: [C]; C must be a multiple of `groups`. Sums are float32 and float64 in any dtype. A
// sample's result depends neither on its neighbours in the batch nor on the number of threads.
at::Tensor ChannelsLastGroupNorm(const at::Tensor& input, int64_t groups, const at::Tensor& weight,
                                 const at::Tensor& bias, double eps, NormActivation activation);

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_CHANNELS_LAST_GROUP_NORM_H_
