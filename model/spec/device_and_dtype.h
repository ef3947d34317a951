// What a model computes on and in, as flags and manifests name it.

#ifndef STROBE_MODEL_SPEC_DEVICE_AND_DTYPE_H_
#define STROBE_MODEL_SPEC_DEVICE_AND_DTYPE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

struct DeviceName {
  bool is_cuda = false;
  int index = 0;  // of a CUDA device
};

// "cpu", "cuda" (device 0) or "cuda:N" with N from 0 to 127. INVALID_ARGUMENT names the choices.
absl::StatusOr<DeviceName> ParseDeviceName(absl::string_view text);

enum class Dtype : uint8_t { kFloat32, kFloat16, kBfloat16 };

// "float32", "float16", "bfloat16".
absl::string_view DtypeName(Dtype dtype);

// INVALID_ARGUMENT names the choices.
absl::StatusOr<Dtype> ParseDtype(absl::string_view text);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_DEVICE_AND_DTYPE_H_
