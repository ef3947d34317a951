#include "model/cuda/device_group_norm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "model/cuda/group_norm_kernels.h"

namespace strobe::model {
namespace {

constexpr int64_t kMostSamples = 65535;

NormElement ElementOf(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat:
      return NormElement::kFloat;
    case at::kHalf:
      return NormElement::kHalf;
    case at::kBFloat16:
      return NormElement::kBFloat16;
    default:
      TORCH_CHECK(false, "group normalization on a CUDA device: no kernel for ", dtype);
  }
}

void CheckParameter(const at::Tensor& parameter, const at::Tensor& input) {
  TORCH_CHECK(parameter.dim() == 1 && parameter.size(0) == input.size(1) &&
                  parameter.is_contiguous() && parameter.scalar_type() == input.scalar_type() &&
                  parameter.device() == input.device(),
              "group normalization: weight and bias must be [C], of the input's dtype and device");
}

// Device memory for `count` of a struct of two floats.
template <typename Pair>
at::Tensor RoomFor(int64_t count, const at::Tensor& like) {
  static_assert(sizeof(Pair) == 2 * sizeof(float));
  return at::empty({2 * count}, at::TensorOptions(like.device()).dtype(at::kFloat));
}

}  // namespace

at::Tensor GroupNormOnDevice(const at::Tensor& input, int64_t groups, const at::Tensor& weight,
                             const at::Tensor& bias, double eps, bool silu) {
  TORCH_CHECK(input.is_cuda() && input.dim() == 4 &&
                  input.is_contiguous(at::MemoryFormat::ChannelsLast) &&
                  input.size(1) % groups == 0 && input.size(0) <= kMostSamples,
              "group normalization on a CUDA device: wrong shape or layout");
  CheckParameter(weight, input);
  CheckParameter(bias, input);
  const int64_t pixels = input.size(2) * input.size(3);
  const NormGeometry geometry{input.size(0), input.size(1), groups, pixels,
                              RunPixelsOfKernels(pixels)};
  const c10::cuda::CUDAGuard guard(input.device());
  at::Tensor output = at::empty_like(input);
  const at::Tensor moments =
      RoomFor<Moments>(geometry.samples * geometry.runs() * geometry.channels, input);
  const at::Tensor affine = RoomFor<Affine>(geometry.samples * geometry.channels, input);
  const NormBuffers buffers{input.const_data_ptr(),
                            weight.const_data_ptr(),
                            bias.const_data_ptr(),
                            output.mutable_data_ptr(),
                            static_cast<Moments*>(moments.mutable_data_ptr()),
                            static_cast<Affine*>(affine.mutable_data_ptr())};
  LaunchGroupNorm(ElementOf(input.scalar_type()), geometry, buffers, eps, silu,
                  c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return output;
}

}  // namespace strobe::model
