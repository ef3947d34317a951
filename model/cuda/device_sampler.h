// The step rule and its noise on a CUDA device.

#ifndef STROBE_MODEL_CUDA_DEVICE_SAMPLER_H_
#define STROBE_MODEL_CUDA_DEVICE_SAMPLER_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/types/span.h"
#include "model/cuda/sampler_kernels.h"

namespace strobe::model {

struct DeviceStep {
  at::Tensor denoised;
  at::Tensor next;
  at::Tensor noise;  // in the rows that use any; undefined: none does
};

// One step of a batch in one kernel, noise included. `model_output`, `latents` and, where a row has
// noise correction, `initial_noise`: float32 [B, C, h, w] on one CUDA device; one row each in
// `rows` and `given`, whose tensors, [C, h, w] on any device, are the noise of rows that do not
// draw theirs, and else undefined. Bits are those of ApplyStep on a CPU, for the same noise. Throws
// c10::Error.
DeviceStep StepOnDevice(const at::Tensor& model_output, const at::Tensor& latents,
                        absl::Span<const DeviceStepRow> rows, const at::Tensor& initial_noise,
                        const std::vector<at::Tensor>& given);

// UnitNormal of seeded_noise.h, drawn on `device`.
at::Tensor UnitNormalOnDevice(uint64_t seed, uint64_t stream, at::IntArrayRef shape,
                              const at::Device& device);

}  // namespace strobe::model

#endif  // STROBE_MODEL_CUDA_DEVICE_SAMPLER_H_
