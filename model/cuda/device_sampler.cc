#include "model/cuda/device_sampler.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace strobe::model {
namespace {

void Check(const at::Tensor& tensor, const at::Tensor& like) {
  TORCH_CHECK(tensor.defined() && tensor.sizes() == like.sizes() &&
                  tensor.device() == like.device() && tensor.scalar_type() == at::kFloat,
              "a step's tensors must be float32, of one shape and on one device");
}

}  // namespace

DeviceStep StepOnDevice(const at::Tensor& model_output, const at::Tensor& latents,
                        absl::Span<const DeviceStepRow> rows, const at::Tensor& initial_noise,
                        const std::vector<at::Tensor>& given) {
  TORCH_CHECK(latents.is_cuda() && latents.size(0) == static_cast<int64_t>(rows.size()) &&
                  given.size() == rows.size(),
              "a step needs one rule for each row on a CUDA device");
  Check(latents, latents);
  Check(model_output, latents);
  const c10::cuda::CUDAGuard guard(latents.device());
  const at::Tensor output = model_output.contiguous(), x = latents.contiguous();
  at::Tensor start, noise;
  if (std::any_of(rows.begin(), rows.end(),
                  [](const DeviceStepRow& row) { return row.coefficients.noise_correction; })) {
    Check(initial_noise, latents);
    start = initial_noise.contiguous();
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool has_noise = rows[i].draws || given[i].defined();
    TORCH_CHECK(has_noise || rows[i].coefficients.fresh == 0.0f,
                "a row draws no noise and is given none");
    if (has_noise && !noise.defined()) noise = at::empty_like(x);
    if (given[i].defined()) noise.select(0, static_cast<int64_t>(i)).copy_(given[i]);
  }
  DeviceStep step{at::empty_like(x), at::empty_like(x), noise};
  const StepBuffers buffers{output.const_data_ptr<float>(),
                            x.const_data_ptr<float>(),
                            start.defined() ? start.const_data_ptr<float>() : nullptr,
                            noise.defined() ? noise.mutable_data_ptr<float>() : nullptr,
                            step.denoised.mutable_data_ptr<float>(),
                            step.next.mutable_data_ptr<float>()};
  LaunchSteps(rows.data(), x.size(0), x.numel() / x.size(0), buffers,
              c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return step;
}

at::Tensor UnitNormalOnDevice(uint64_t seed, uint64_t stream, at::IntArrayRef shape,
                              const at::Device& device) {
  const c10::cuda::CUDAGuard guard(device);
  at::Tensor noise = at::empty(shape, at::TensorOptions(device).dtype(at::kFloat));
  LaunchUnitNormal(seed, stream, noise.mutable_data_ptr<float>(), noise.numel(),
                   c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return noise;
}

}  // namespace strobe::model
