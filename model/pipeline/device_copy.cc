#include "model/pipeline/device_copy.h"

#include <ATen/ops/empty.h>

#include "model/pipeline/torch_call.h"

namespace strobe::model {
namespace {

at::Tensor PageLocked(const at::Tensor& like) {
  return at::empty(like.sizes(), at::TensorOptions().dtype(like.dtype()).pinned_memory(true));
}

}  // namespace

at::Tensor ToDevice(const at::Tensor& host, const at::Device& device) {
  if (device.is_cpu()) return host;
  return PageLocked(host).copy_(host).to(device, host.scalar_type(), /*non_blocking=*/true);
}

std::vector<at::Tensor> ToHost(const std::vector<at::Tensor>& tensors) {
  if (tensors.empty() || tensors.front().is_cpu()) return tensors;
  std::vector<at::Tensor> copies;
  for (const at::Tensor& tensor : tensors) {
    copies.push_back(PageLocked(tensor).copy_(tensor, /*non_blocking=*/true));
  }
  SynchronizeDevice(tensors.front().device());
  return copies;
}

}  // namespace strobe::model
