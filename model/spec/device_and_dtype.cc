#include "model/spec/device_and_dtype.h"

#include <array>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace strobe::model {
namespace {

constexpr int kMaxIndex = 127;  // LibTorch counts devices in a signed byte
constexpr std::array<Dtype, 3> kDtypes = {Dtype::kFloat32, Dtype::kFloat16, Dtype::kBfloat16};
constexpr std::array<absl::string_view, 3> kDtypeNames = {"float32", "float16", "bfloat16"};

}  // namespace

absl::StatusOr<DeviceName> ParseDeviceName(absl::string_view text) {
  if (text == "cpu") return DeviceName{};
  if (text == "cuda") return DeviceName{true, 0};
  absl::string_view rest = text;
  int index = -1;
  if (absl::ConsumePrefix(&rest, "cuda:") && absl::SimpleAtoi(rest, &index) && index >= 0 &&
      index <= kMaxIndex) {
    return DeviceName{true, index};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is not a device: use cpu or cuda:N"));
}

absl::string_view DtypeName(Dtype dtype) { return kDtypeNames.at(static_cast<size_t>(dtype)); }

absl::StatusOr<Dtype> ParseDtype(absl::string_view text) {
  for (const Dtype dtype : kDtypes) {
    if (text == DtypeName(dtype)) return dtype;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no number format: use float32, float16 or bfloat16"));
}

}  // namespace strobe::model
