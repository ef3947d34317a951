// The kernels of group normalization on plain memory; device_group_norm.h has them on tensors.

#ifndef STROBE_MODEL_CUDA_GROUP_NORM_KERNELS_H_
#define STROBE_MODEL_CUDA_GROUP_NORM_KERNELS_H_

#include <cuda_runtime_api.h>

#include "model/arithmetic/group_norm_arithmetic.h"

namespace strobe::model {

enum class NormElement { kFloat, kHalf, kBFloat16 };

// Device memory. `x` and `y`: [samples, pixels, channels] of the element type; `weight` and `bias`:
// [channels] of the same.
struct NormBuffers {
  const void* x;
  const void* weight;
  const void* bias;
  void* y;
  Moments* moments;  // room for [samples, runs, channels]
  Affine* affine;    // room for [samples, channels]
};

// Queues three kernels on `stream`: moments of every run, their sum over each group, and the result
// with SiLU after it if asked for. Nothing is added up atomically: the order of every sum is fixed
// by the size of the picture. At most 65535 samples. cudaGetLastError tells what a launch was
// refused for.
void LaunchGroupNorm(NormElement element, const NormGeometry& geometry, const NormBuffers& buffers,
                     double eps, bool silu, cudaStream_t stream);

}  // namespace strobe::model

#endif  // STROBE_MODEL_CUDA_GROUP_NORM_KERNELS_H_
