#include "model/tools/flag_values.h"

#include <cmath>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "model/pipeline/torch_names.h"

namespace strobe::model {
namespace {

absl::Status BadFlag(absl::string_view flag, absl::string_view text, absl::string_view accepted) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": '", text, "' is not ", accepted));
}

}  // namespace

absl::StatusOr<std::pair<int, int>> ParseSizeFlag(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, 'x');
  int width = 0;
  int height = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &width) ||
      !absl::SimpleAtoi(parts[1], &height) || width < 1 || height < 1) {
    return BadFlag("--size", text, "WIDTHxHEIGHT in pixels, for example 128x128");
  }
  return std::make_pair(width, height);
}

absl::StatusOr<uint64_t> ParseSeedFlag(const std::string& text) {
  uint64_t seed = 0;
  if (absl::SimpleAtoi(text, &seed)) return seed;
  return BadFlag("--seed", text, "a whole number from 0 to 2^64 - 1");
}

absl::StatusOr<at::Device> ParseDeviceFlag(const std::string& text) {
  const absl::StatusOr<DeviceName> name = ParseDeviceName(text);
  if (name.ok()) return TorchDeviceOf(*name);
  return BadFlag("--device", text, "cpu or cuda:<index>");
}

absl::StatusOr<at::ScalarType> ParseDtypeFlag(const std::string& text) {
  const absl::StatusOr<Dtype> dtype = ParseDtype(text);
  if (dtype.ok()) return ScalarTypeOf(*dtype);
  return BadFlag("--dtype", text, "float32, float16 or bfloat16");
}

absl::StatusOr<std::vector<double>> ParseTimestepsFlag(const std::string& text) {
  std::vector<double> timesteps;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    double value = 0.0;
    if (!absl::SimpleAtod(part, &value) || !std::isfinite(value)) {
      return BadFlag("--timesteps", text, "a list of numbers, for example 999,499");
    }
    timesteps.push_back(value);
  }
  return timesteps;
}

absl::StatusOr<bool> ParseOnOffFlag(const std::string& flag, const std::string& text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return BadFlag(flag, text, "on or off");
}

absl::StatusOr<ImageFormat> ImageFormatOfPath(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  if (!extension.empty()) extension = absl::AsciiStrToLower(extension.substr(1));
  const absl::StatusOr<ImageFormat> format = ParseImageFormat(extension);
  if (format.ok()) return format;
  return BadFlag("--output", path, "a file name that ends in .png, .jpg or .webp");
}

}  // namespace strobe::model
