// safetensors' dtype names and LibTorch's scalar types.

#ifndef STROBE_MODEL_WEIGHTS_SAFETENSORS_DTYPE_H_
#define STROBE_MODEL_WEIGHTS_SAFETENSORS_DTYPE_H_

#include <optional>
#include <string>

#include <c10/core/ScalarType.h>

#include "absl/strings/string_view.h"

namespace strobe::model {

// "F32" -> at::kFloat. Absent: LibTorch has no such type (F4, F6_...).
std::optional<at::ScalarType> ScalarTypeOfSafetensors(absl::string_view dtype);

// at::kFloat -> "F32". Empty: the format has no such dtype.
std::string SafetensorsDtypeOf(at::ScalarType type);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_SAFETENSORS_DTYPE_H_
