// LibTorch's words for the names of devices and number formats.

#ifndef STROBE_MODEL_PIPELINE_TORCH_NAMES_H_
#define STROBE_MODEL_PIPELINE_TORCH_NAMES_H_

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "model/spec/device_and_dtype.h"

namespace strobe::model {

inline c10::Device TorchDeviceOf(const DeviceName& name) {
  return name.is_cuda ? c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(name.index))
                      : c10::Device(c10::kCPU);
}

inline c10::ScalarType ScalarTypeOf(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFloat16:
      return c10::kHalf;
    case Dtype::kBfloat16:
      return c10::kBFloat16;
    case Dtype::kFloat32:
      break;
  }
  return c10::kFloat;
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_TORCH_NAMES_H_
