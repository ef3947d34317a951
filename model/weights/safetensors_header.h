// The header of a safetensors file: parsed and checked before anything trusts it. Free of LibTorch.

#ifndef STROBE_MODEL_WEIGHTS_SAFETENSORS_HEADER_H_
#define STROBE_MODEL_WEIGHTS_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// One tensor of the file. Its bytes are [begin, end) of the data section, row-major, little-endian.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;           // as in the file: "F32", "BF16", ...
  std::vector<int64_t> shape;  // empty: a scalar
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;        // in the order of their bytes, without gaps
  std::map<std::string, std::string> metadata;  // `__metadata__`
  uint64_t data_begin = 0;                      // offset of the data section in the file
};

// The largest JSON header the format allows, in bytes.
inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

// Bits of one element of `dtype`; 0: not a dtype of the format.
int SafetensorsDtypeBits(absl::string_view dtype);

// Parses and checks the bytes of a whole file, as the reference reader does: header length within
// 100 MB and the file; UTF-8 JSON without duplicate keys; known dtypes; shape times dtype equal to
// the byte range, without overflow; ranges that cover the data section without gap or overlap.
// DATA_LOSS: the file is shorter than it says. INVALID_ARGUMENT: anything else that is wrong.
// Never reads outside `file`; memory use is proportional to the header's length.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view file);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_SAFETENSORS_HEADER_H_
