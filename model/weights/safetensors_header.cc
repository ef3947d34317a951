#include "model/weights/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_json.h"

namespace strobe::model {
namespace {

constexpr uint64_t kLengthBytes = 8;

uint64_t ReadLittleEndian64(absl::string_view bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// Checks dtype, shape and byte range of one tensor against each other.
absl::Status CheckEntry(const SafetensorsEntry& entry) {
  const auto error = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat("'", entry.name, "' ", what));
  };
  uint64_t bits = SafetensorsDtypeBits(entry.dtype);
  if (bits == 0) return error(absl::StrCat("has the unknown dtype '", entry.dtype, "'"));
  if (entry.end < entry.begin) return error("ends before it begins");
  for (int64_t dimension : entry.shape) {
    if (__builtin_mul_overflow(bits, static_cast<uint64_t>(dimension), &bits)) {
      return error("has a shape whose size overflows");
    }
  }
  if (bits % 8 != 0) return error("does not fill whole bytes");
  if (bits / 8 != entry.end - entry.begin) {
    return error(absl::StrCat("needs ", bits / 8, " bytes for ", entry.dtype, " [",
                              absl::StrJoin(entry.shape, ", "), "] but its data_offsets hold ",
                              entry.end - entry.begin));
  }
  return absl::OkStatus();
}

// Checks that sorted entries follow each other from 0 to `data_bytes`.
absl::Status CheckCoverage(const std::vector<SafetensorsEntry>& entries, uint64_t data_bytes) {
  uint64_t position = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != position) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", entry.name, "' begins at byte ", entry.begin, " of the data where ",
                       position, " is expected: tensors must neither overlap nor leave gaps"));
    }
    position = entry.end;
  }
  if (position > data_bytes) {
    return absl::DataLossError(absl::StrCat("truncated: the tensors need ", position,
                                            " bytes of data, the file has ", data_bytes));
  }
  if (position < data_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(data_bytes - position, " bytes after the last tensor belong to none"));
  }
  return absl::OkStatus();
}

}  // namespace

int SafetensorsDtypeBits(absl::string_view dtype) {
  static constexpr struct {
    const char* name;
    int bits;
  } kDtypes[] = {
      {"BOOL", 8},        {"U8", 8},          {"I8", 8},   {"I16", 16},    {"U16", 16},
      {"I32", 32},        {"U32", 32},        {"I64", 64}, {"U64", 64},    {"F16", 16},
      {"BF16", 16},       {"F32", 32},        {"F64", 64}, {"C64", 64},    {"F8_E5M2", 8},
      {"F8_E4M3", 8},     {"F8_E8M0", 8},     {"F4", 4},   {"F6_E2M3", 6}, {"F6_E3M2", 6},
      {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
  };
  for (const auto& known : kDtypes) {
    if (dtype == known.name) return known.bits;
  }
  return 0;
}

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view file) {
  if (file.size() < kLengthBytes) {
    return absl::DataLossError(
        absl::StrCat("truncated: ", file.size(), " bytes, not even the 8 of the header's length"));
  }
  const uint64_t length = ReadLittleEndian64(file);
  if (length > kMaxSafetensorsHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the header's length is ", length, " bytes, the format allows ",
                     kMaxSafetensorsHeaderBytes, ": is this a safetensors file?"));
  }
  if (length > file.size() - kLengthBytes) {
    return absl::DataLossError(absl::StrCat("truncated: the header needs ", length,
                                            " bytes, the file has ", file.size() - kLengthBytes));
  }
  SafetensorsHeader header;
  header.data_begin = kLengthBytes + length;
  STROBE_RETURN_IF_ERROR(ParseSafetensorsJson(file.substr(kLengthBytes, length), header));
  for (const SafetensorsEntry& entry : header.entries) STROBE_RETURN_IF_ERROR(CheckEntry(entry));
  std::sort(header.entries.begin(), header.entries.end(),
            [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
              return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
            });
  STROBE_RETURN_IF_ERROR(CheckCoverage(header.entries, file.size() - header.data_begin));
  return header;
}

}  // namespace strobe::model
