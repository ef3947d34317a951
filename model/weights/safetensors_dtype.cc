#include "model/weights/safetensors_dtype.h"

namespace strobe::model {
namespace {

constexpr struct {
  const char* name;
  at::ScalarType type;
} kDtypes[] = {
    {"BOOL", at::kBool},
    {"U8", at::kByte},
    {"I8", at::kChar},
    {"I16", at::kShort},
    {"U16", at::kUInt16},
    {"I32", at::kInt},
    {"U32", at::kUInt32},
    {"I64", at::kLong},
    {"U64", at::kUInt64},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"F32", at::kFloat},
    {"F64", at::kDouble},
    {"C64", at::kComplexFloat},
    {"F8_E5M2", at::kFloat8_e5m2},
    {"F8_E4M3", at::kFloat8_e4m3fn},
    {"F8_E5M2FNUZ", at::kFloat8_e5m2fnuz},
    {"F8_E4M3FNUZ", at::kFloat8_e4m3fnuz},
    {"F8_E8M0", at::kFloat8_e8m0fnu},
};

}  // namespace

std::optional<at::ScalarType> ScalarTypeOfSafetensors(absl::string_view dtype) {
  for (const auto& known : kDtypes) {
    if (dtype == known.name) return known.type;
  }
  return std::nullopt;
}

std::string SafetensorsDtypeOf(at::ScalarType type) {
  for (const auto& known : kDtypes) {
    if (type == known.type) return known.name;
  }
  return "";
}

}  // namespace strobe::model
