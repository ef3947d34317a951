// The device that the engine computes on, for the CPU and CUDA alike. Sees LibTorch.

#ifndef STROBE_SERVER_ENGINE_TORCH_DEVICE_H_
#define STROBE_SERVER_ENGINE_TORCH_DEVICE_H_

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::server {

// Bytes of device memory that the allocator holds; both 0 on the CPU, where LibTorch keeps no
// count.
struct DeviceMemory {
  int64_t allocated = 0;  // in tensors
  int64_t reserved = 0;   // taken from the device, free blocks included
};

// "cpu", "cuda" (device 0) or "cuda:N". INVALID_ARGUMENT for anything else, FAILED_PRECONDITION
// when this build or this machine has no such device.
absl::StatusOr<c10::Device> ParseDevice(absl::string_view name);

// Gives back to the device what the allocator keeps for later; nothing to do on the CPU.
void FreeUnusedMemory(c10::Device device);

// Throws c10::Error.
DeviceMemory QueryDeviceMemory(c10::Device device);

// What the kernel calls the processor, or the driver the GPU; "unknown" when they say nothing.
std::string HardwareName(c10::Device device);

// "13.0", or "none" when this build has no CUDA support.
std::string CudaVersion();

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_TORCH_DEVICE_H_
