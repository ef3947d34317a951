// Copies between the host and a device.

#ifndef STROBE_MODEL_PIPELINE_DEVICE_COPY_H_
#define STROBE_MODEL_PIPELINE_DEVICE_COPY_H_

#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace strobe::model {

// Both go by page-locked host memory where the device is not the CPU, which LibTorch's allocator
// keeps for the next copy of a size: as much as one stage copies at a time.

// `host` on `device`. Does not wait for the device.
at::Tensor ToDevice(const at::Tensor& host, const at::Device& device);

// `tensors`, all on one device, in host memory. Waits for the device once.
std::vector<at::Tensor> ToHost(const std::vector<at::Tensor>& tensors);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_DEVICE_COPY_H_
