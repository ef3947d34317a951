#include "model/cuda/sampler_kernels.h"

#include "model/arithmetic/counter_noise.h"

namespace strobe::model {
namespace {

constexpr int kThreads = 128;
// Rows travel as an argument of the kernel, which holds 4 KiB: no copy to the device is needed.
constexpr int kRowsOfLaunch = 32;

struct Rows {
  DeviceStepRow rows[kRowsOfLaunch];
};
static_assert(sizeof(Rows) + sizeof(StepBuffers) + sizeof(int64_t) <= 4096);

unsigned BlocksFor(int64_t elements) {
  constexpr int64_t kElements = int64_t{kThreads} * kNoiseBlock;
  return static_cast<unsigned>((elements + kElements - 1) / kElements);
}

__device__ int64_t NoiseBlockOfThread() { return int64_t{blockIdx.x} * blockDim.x + threadIdx.x; }

// Row blockIdx.y, four consecutive values a thread: those of one block of noise.
__global__ void StepKernel(const __grid_constant__ Rows rows, StepBuffers b, int64_t elements) {
  const DeviceStepRow& row = rows.rows[blockIdx.y];
  const int64_t block = NoiseBlockOfThread();
  const int64_t first = block * kNoiseBlock;
  if (first >= elements) return;
  float drawn[kNoiseBlock];
  if (row.draws) UnitNormalBlock(row.seed, row.stream, static_cast<uint64_t>(block), drawn);
  for (int k = 0; k < kNoiseBlock && first + k < elements; ++k) {
    const int64_t i = int64_t{blockIdx.y} * elements + first + k;
    float z = 0.0f;
    if (row.draws) {
      z = b.noise[i] = drawn[k];
    } else if (row.coefficients.fresh != 0.0f) {
      z = b.noise[i];
    }
    const float start = row.coefficients.noise_correction ? b.start_noise[i] : 0.0f;
    const StepValue value = TakeStep(row.coefficients, b.output[i], b.latents[i], start, z);
    b.denoised[i] = value.denoised;
    b.next[i] = value.next;
  }
}

__global__ void UnitNormalKernel(uint64_t seed, uint64_t stream, float* out, int64_t elements) {
  const int64_t block = NoiseBlockOfThread();
  const int64_t first = block * kNoiseBlock;
  if (first >= elements) return;
  float drawn[kNoiseBlock];
  UnitNormalBlock(seed, stream, static_cast<uint64_t>(block), drawn);
  for (int k = 0; k < kNoiseBlock && first + k < elements; ++k) out[first + k] = drawn[k];
}

template <typename Value>
Value* From(Value* values, int64_t start) {
  return values == nullptr ? nullptr : values + start;
}

}  // namespace

void LaunchSteps(const DeviceStepRow* rows, int64_t count, int64_t elements,
                 const StepBuffers& buffers, cudaStream_t stream) {
  for (int64_t first = 0; first < count; first += kRowsOfLaunch) {
    const int64_t here = count - first < kRowsOfLaunch ? count - first : kRowsOfLaunch;
    Rows argument;
    for (int64_t i = 0; i < here; ++i) argument.rows[i] = rows[first + i];
    const int64_t start = first * elements;
    const StepBuffers part{From(buffers.output, start),      From(buffers.latents, start),
                           From(buffers.start_noise, start), From(buffers.noise, start),
                           From(buffers.denoised, start),    From(buffers.next, start)};
    const dim3 grid(BlocksFor(elements), static_cast<unsigned>(here));
    StepKernel<<<grid, kThreads, 0, stream>>>(argument, part, elements);
  }
}

void LaunchUnitNormal(uint64_t seed, uint64_t stream_of_noise, float* out, int64_t elements,
                      cudaStream_t stream) {
  UnitNormalKernel<<<BlocksFor(elements), kThreads, 0, stream>>>(seed, stream_of_noise, out,
                                                                 elements);
}

}  // namespace strobe::model
