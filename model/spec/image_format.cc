#include "model/spec/image_format.h"

#include <cassert>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

// By the value of ImageFormat.
constexpr std::array<ImageFormatTraits, kImageFormats.size()> kTraits = {{
    {"png", "image/png", "png", false},
    {"jpeg", "image/jpeg", "jpg", true},
    {"webp", "image/webp", "webp", true},
    {"raw", "image/x-raw-rgb8", "rgb", false},
}};

}  // namespace

const ImageFormatTraits& TraitsOf(ImageFormat format) {
  const auto index = static_cast<size_t>(format);
  assert(index < kTraits.size());
  return kTraits[index];
}

absl::StatusOr<ImageFormat> ParseImageFormat(absl::string_view name) {
  for (const ImageFormat format : kImageFormats) {
    if (name == TraitsOf(format).name || name == TraitsOf(format).suffix) return format;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", name, "' is no image format: png, jpeg, webp or raw"));
}

std::optional<ImageFormat> ImageFormatOfMimeType(absl::string_view mime_type) {
  for (const ImageFormat format : kImageFormats) {
    if (mime_type == TraitsOf(format).mime_type) return format;
  }
  return std::nullopt;
}

}  // namespace strobe::model
