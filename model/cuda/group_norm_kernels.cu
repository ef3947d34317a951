#include "model/cuda/group_norm_kernels.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace strobe::model {
namespace {

// Neighbouring threads have neighbouring channels, so that they read and write together.
constexpr int kChannelThreads = 128;
constexpr int kGroupThreads = 256;  // a power of two

STROBE_HOST_DEVICE inline float ToFloat(float x) { return x; }
STROBE_HOST_DEVICE inline float ToFloat(__half x) { return __half2float(x); }
STROBE_HOST_DEVICE inline float ToFloat(__nv_bfloat16 x) { return __bfloat162float(x); }
__device__ inline void Store(float value, float* y) { *y = value; }
__device__ inline void Store(float value, __half* y) { *y = __float2half_rn(value); }
__device__ inline void Store(float value, __nv_bfloat16* y) { *y = __float2bfloat16_rn(value); }

template <typename T>
struct Loader {
  STROBE_HOST_DEVICE float operator()(int64_t i) const { return ToFloat(x[i]); }

  const T* x;
};

// Of the threads of MomentsKernel and ApplyKernel: (run, channels, sample).
__device__ int64_t ChannelOfThread() { return int64_t{blockIdx.y} * blockDim.x + threadIdx.x; }

template <typename T>
__global__ void MomentsKernel(NormGeometry g, Loader<T> load, Moments* moments) {
  const int64_t channel = ChannelOfThread();
  if (channel >= g.channels) return;
  const int64_t run = blockIdx.x, sample = blockIdx.z;
  moments[g.MomentsAt(sample, run) + channel] = MomentsOfRun(g, load, sample, run, channel);
}

// The sum of all threads' values, for all of them; halves are added pairwise.
__device__ double SumOfBlock(double value) {
  __shared__ double sums[kGroupThreads];
  sums[threadIdx.x] = value;
  __syncthreads();
  for (unsigned half = kGroupThreads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  const double total = sums[0];
  __syncthreads();
  return total;
}

// A block a group of a sample.
template <typename T>
__global__ void FoldKernel(NormGeometry g, Loader<T> load, Loader<T> weight, Loader<T> bias,
                           double eps, const Moments* moments, Affine* affine) {
  const int64_t group = blockIdx.x, sample = blockIdx.y;
  const double count = static_cast<double>(g.pixels * g.width());
  const double mean =
      SumOfBlock(PartOfSum(g, load, moments, sample, group, threadIdx.x, kGroupThreads)) / count;
  const double variance = SumOfBlock(PartOfDeviation(g, load, moments, mean, sample, group,
                                                     threadIdx.x, kGroupThreads)) /
                          count;
  for (int64_t c = threadIdx.x; c < g.width(); c += kGroupThreads) {
    const int64_t channel = group * g.width() + c;
    affine[sample * g.channels + channel] =
        AffineOf(mean, variance, eps, weight(channel), bias(channel));
  }
}

template <typename T, bool kSilu>
__global__ void ApplyKernel(NormGeometry g, Loader<T> load, const Affine* affine, T* y) {
  const int64_t channel = ChannelOfThread();
  if (channel >= g.channels) return;
  const int64_t run = blockIdx.x, sample = blockIdx.z;
  const Affine a = affine[sample * g.channels + channel];
  const int64_t count = g.PixelsOf(run);
  int64_t at = g.RunAt(sample, run) + channel;
  for (int64_t pixel = 0; pixel < count; ++pixel, at += g.channels) {
    const float z = load(at) * a.scale + a.offset;
    Store(kSilu ? Silu(z) : z, y + at);
  }
}

template <typename T>
void Launch(const NormGeometry& g, const NormBuffers& b, double eps, bool silu,
            cudaStream_t stream) {
  const Loader<T> load{static_cast<const T*>(b.x)};
  const Loader<T> weight{static_cast<const T*>(b.weight)}, bias{static_cast<const T*>(b.bias)};
  T* const y = static_cast<T*>(b.y);
  const auto samples = static_cast<unsigned>(g.samples);
  const dim3 runs(static_cast<unsigned>(g.runs()),
                  static_cast<unsigned>((g.channels + kChannelThreads - 1) / kChannelThreads),
                  samples);
  const dim3 groups(static_cast<unsigned>(g.groups), samples);
  MomentsKernel<T><<<runs, kChannelThreads, 0, stream>>>(g, load, b.moments);
  FoldKernel<T>
      <<<groups, kGroupThreads, 0, stream>>>(g, load, weight, bias, eps, b.moments, b.affine);
  if (silu) {
    ApplyKernel<T, true><<<runs, kChannelThreads, 0, stream>>>(g, load, b.affine, y);
  } else {
    ApplyKernel<T, false><<<runs, kChannelThreads, 0, stream>>>(g, load, b.affine, y);
  }
}

}  // namespace

void LaunchGroupNorm(NormElement element, const NormGeometry& geometry, const NormBuffers& buffers,
                     double eps, bool silu, cudaStream_t stream) {
  switch (element) {
    case NormElement::kFloat:
      return Launch<float>(geometry, buffers, eps, silu, stream);
    case NormElement::kHalf:
      return Launch<__half>(geometry, buffers, eps, silu, stream);
    case NormElement::kBFloat16:
      return Launch<__nv_bfloat16>(geometry, buffers, eps, silu, stream);
  }
}

}  // namespace strobe::model
