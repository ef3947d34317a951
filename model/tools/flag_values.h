// Texts of command line flags to values.

#ifndef STROBE_MODEL_TOOLS_FLAG_VALUES_H_
#define STROBE_MODEL_TOOLS_FLAG_VALUES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "absl/status/statusor.h"
#include "model/image_io/image_codec.h"

namespace strobe::model {

// All of these: INVALID_ARGUMENT names the flag, the text and what is accepted.

// "128x96": width and height in pixels.
absl::StatusOr<std::pair<int, int>> ParseSizeFlag(const std::string& text);

// "7": a whole number below 2^64.
absl::StatusOr<uint64_t> ParseSeedFlag(const std::string& text);

// "cpu" or "cuda:<index>"; "cuda" is "cuda:0".
absl::StatusOr<at::Device> ParseDeviceFlag(const std::string& text);

// "float32", "float16" or "bfloat16".
absl::StatusOr<at::ScalarType> ParseDtypeFlag(const std::string& text);

// "999,499": numbers separated by commas.
absl::StatusOr<std::vector<double>> ParseTimestepsFlag(const std::string& text);

// "on" or "off".
absl::StatusOr<bool> ParseOnOffFlag(const std::string& flag, const std::string& text);

// The format that the file name extension of `path` asks for.
absl::StatusOr<ImageFormat> ImageFormatOfPath(const std::string& path);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_FLAG_VALUES_H_
