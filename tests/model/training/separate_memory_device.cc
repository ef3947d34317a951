#include "tests/model/training/separate_memory_device.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/ops/as_strided.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/DeviceType.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

namespace strobe::model {
namespace {

constexpr uintptr_t kTag = uintptr_t{1} << 62;  // makes an address one of nothing
const c10::DispatchKeySet kKeys(c10::DispatchKey::PrivateUse1);

void* Tagged(void* p) { return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(p) | kTag); }
void* Untagged(const void* p) {
  return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(p) & ~kTag);
}

class TaggingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* memory = std::malloc(bytes + 1);
    return {Tagged(memory), memory, &std::free, kSeparateMemoryDevice};
  }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(Untagged(to), Untagged(from), bytes);
  }
};

TaggingAllocator g_allocator;

// One device with one stream, whose work is done when it is queued.
struct Guard final : c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::PrivateUse1> {
  static c10::Device Only() { return c10::Device(c10::DeviceType::PrivateUse1, 0); }
  static c10::Stream OnlyStream() { return c10::Stream(c10::Stream::DEFAULT, Only()); }
  c10::Device getDevice() const override { return Only(); }
  c10::Device exchangeDevice(c10::Device) const override { return Only(); }
  c10::Stream getStream(c10::Device) const noexcept override { return OnlyStream(); }
  c10::Stream exchangeStream(c10::Stream) const noexcept override { return OnlyStream(); }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

// What autograd and copies ask a device for that is not the CPU.
struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::Allocator* getPinnedMemoryAllocator() const override { return c10::GetCPUAllocator(); }
};

const bool g_registered = [] {
  static Hooks hooks;
  c10::register_privateuse1_backend("separate_memory");
  at::RegisterPrivateUse1HooksInterface(&hooks);
  return true;
}();

// The same elements as a tensor of the CPU.
at::Tensor OnCpu(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.device() != kSeparateMemoryDevice) return tensor;
  if (tensor.numel() == 0) return at::empty(tensor.sizes(), tensor.scalar_type());
  const at::Storage& storage = tensor.storage();
  const auto elements = static_cast<int64_t>(storage.nbytes() / tensor.element_size());
  return at::from_blob(Untagged(storage.data()), {elements},
                       at::TensorOptions().dtype(tensor.scalar_type()))
      .as_strided(tensor.sizes(), tensor.strides(), tensor.storage_offset());
}

at::Tensor EmptyStrided(at::IntArrayRef size, at::IntArrayRef stride,
                        std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                        std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &g_allocator, kKeys,
                                           dtype.value_or(at::kFloat));
}

at::Tensor Empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype,
                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &g_allocator, kKeys, dtype.value_or(at::kFloat), format);
}

at::Tensor OnDevice(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  at::Tensor copy =
      EmptyStrided(tensor.sizes(), tensor.strides(), tensor.scalar_type(), {}, {}, {});
  OnCpu(copy).copy_(tensor);
  return copy;
}

at::Tensor CopyFrom(const at::Tensor& from, const at::Tensor& to, bool /*non_blocking*/) {
  OnCpu(to).copy_(OnCpu(from));
  return to;
}

// The shadows of the arguments of one call.
struct Shadows {
  at::Tensor Of(const at::Tensor& tensor, const std::string& op) {
    if (!tensor.defined()) return tensor;
    const bool on_device = tensor.device() == kSeparateMemoryDevice;
    TORCH_CHECK(on_device || tensor.dim() == 0, op, ": an argument is on ", tensor.device(),
                ", another on the device");
    if (!on_device) return tensor;
    tensors.emplace_back(tensor, OnCpu(tensor));
    return tensors.back().second;
  }

  // A result of the CPU's as one of the device: the argument itself, a view of it, or a new one.
  at::Tensor Back(const at::Tensor& result) {
    if (!result.defined()) return result;
    for (const auto& [original, shadow] : tensors) {
      if (!result.is_alias_of(shadow)) continue;
      if (result.is_same(shadow)) return original;
      return at::native::as_strided_tensorimpl(original, result.sizes(), result.strides(),
                                               result.storage_offset());
    }
    return OnDevice(result);
  }

  // Where an operator resized what it wrote to.
  void Resize() {
    for (const auto& [original, shadow] : tensors) {
      if (shadow.sizes() == original.sizes()) continue;
      const at::Tensor fresh = OnDevice(shadow);
      original.unsafeGetTensorImpl()->set_storage_keep_dtype(fresh.storage());
      original.unsafeGetTensorImpl()->set_sizes_and_strides(fresh.sizes(), fresh.strides());
    }
  }

  std::vector<std::pair<at::Tensor, at::Tensor>> tensors;
};

void RunOnCpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const std::string name = op.schema().name();
  Shadows shadows;
  const size_t count = op.schema().arguments().size();
  for (size_t i = stack->size() - count; i < stack->size(); ++i) {
    c10::IValue& value = (*stack)[i];
    if (value.isTensor()) {
      value = shadows.Of(value.toTensor(), name);
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value.toTensorVector())
        list.push_back(shadows.Of(tensor, name));
      value = list;
    } else if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> list;
      for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
        list.push_back(tensor.has_value() ? shadows.Of(*tensor, name) : tensor);
      }
      value = list;
    } else if (value.isDevice() && value.toDevice().type() == c10::kPrivateUse1) {
      value = at::Device(at::kCPU);
    }
  }
  op.redispatchBoxed(c10::DispatchKeySet(c10::DispatchKey::CPU), stack);
  for (size_t i = stack->size() - op.schema().returns().size(); i < stack->size(); ++i) {
    c10::IValue& value = (*stack)[i];
    if (value.isTensor()) {
      value = shadows.Back(value.toTensor());
    } else if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const at::Tensor& tensor : value.toTensorVector()) list.push_back(shadows.Back(tensor));
      value = list;
    }
  }
  shadows.Resize();
}

at::Tensor Convolution(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
  Shadows shadows;
  const auto of = [&](const at::Tensor& tensor) { return shadows.Of(tensor, "convolution"); };
  const std::optional<at::Tensor> on_cpu = bias.has_value() ? of(*bias) : bias;
  return OnDevice(at::convolution(of(input), of(weight), on_cpu, stride, padding, dilation,
                                  transposed, output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> ConvolutionBackward(
    const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
    at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> mask) {
  Shadows shadows;
  const auto of = [&](const at::Tensor& tensor) { return shadows.Of(tensor, "convolution"); };
  const int64_t bias_sizes[] = {weight.size(0)};
  const auto [a, b, c] =
      at::convolution_backward(of(gradient), of(input), of(weight), bias_sizes, stride, padding,
                               dilation, transposed, output_padding, groups, mask);
  return {OnDevice(a), OnDevice(b), OnDevice(c)};
}

// The plain formula: the others are kernels of one device.
int64_t FusedSdpChoice(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                       const std::optional<at::Tensor>&, double, bool, std::optional<double>,
                       bool) {
  return 0;
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&RunOnCpu>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", &Empty);
  // Its formula of views takes one memory format alone.
  m.impl("native_group_norm", torch::CppFunction::makeFromBoxedFunction<&RunOnCpu>());
  m.impl("empty_strided", &EmptyStrided);
  m.impl("as_strided", &at::native::as_strided_tensorimpl);
  m.impl("_copy_from", &CopyFrom);
  m.impl("convolution_overrideable", &Convolution);
  m.impl("convolution_backward_overrideable", &ConvolutionBackward);
  m.impl("_fused_sdp_choice", &FusedSdpChoice);
}

}  // namespace
}  // namespace strobe::model
