// The sampler's kernels on plain memory; device_sampler.h has them on tensors.

#ifndef STROBE_MODEL_CUDA_SAMPLER_KERNELS_H_
#define STROBE_MODEL_CUDA_SAMPLER_KERNELS_H_

#include <cuda_runtime_api.h>

#include <cstdint>

#include "model/arithmetic/step_arithmetic.h"

namespace strobe::model {

// What a row does at its step, and where its fresh noise comes from.
struct DeviceStepRow {
  StepCoefficients coefficients;
  uint64_t seed = 0;
  uint64_t stream = 0;
  bool draws = false;  // else its fresh noise, where it has any, is given
};

// Device memory, [rows, elements] each. `start_noise` is read for rows with noise correction alone
// and may be null without any. `noise` is written for rows that draw, read for rows that are given
// theirs, and may be null without either.
struct StepBuffers {
  const float* output;
  const float* latents;
  const float* start_noise;
  float* noise;
  float* denoised;
  float* next;
};

// Queue the work on `stream`; cudaGetLastError tells what a launch was refused for.
// TakeStep on every value, with the noise of UnitNormalBlock.
void LaunchSteps(const DeviceStepRow* rows, int64_t count, int64_t elements,
                 const StepBuffers& buffers, cudaStream_t stream);
// Elements 0 to `elements` - 1 of a noise stream.
void LaunchUnitNormal(uint64_t seed, uint64_t stream_of_noise, float* out, int64_t elements,
                      cudaStream_t stream);

}  // namespace strobe::model

#endif  // STROBE_MODEL_CUDA_SAMPLER_KERNELS_H_
