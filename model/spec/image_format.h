// How a finished picture is encoded.

#ifndef STROBE_MODEL_SPEC_IMAGE_FORMAT_H_
#define STROBE_MODEL_SPEC_IMAGE_FORMAT_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

enum class ImageFormat : uint8_t { kPng, kJpeg, kWebp, kRawRgb8 };

inline constexpr std::array<ImageFormat, 4> kImageFormats = {
    ImageFormat::kPng, ImageFormat::kJpeg, ImageFormat::kWebp, ImageFormat::kRawRgb8};

struct ImageFormatTraits {
  absl::string_view name;       // "png", "jpeg", "webp", "raw"
  absl::string_view mime_type;  // "image/png", "image/jpeg", "image/webp", "image/x-raw-rgb8"
  absl::string_view suffix;     // of a file's name: "png", "jpg", "webp", "rgb"
  bool has_quality;             // loses detail, as much as the caller says
};

const ImageFormatTraits& TraitsOf(ImageFormat format);

inline absl::string_view MimeType(ImageFormat format) { return TraitsOf(format).mime_type; }
inline absl::string_view FileExtension(ImageFormat format) { return TraitsOf(format).suffix; }

// By its name or its suffix. INVALID_ARGUMENT names the choices.
absl::StatusOr<ImageFormat> ParseImageFormat(absl::string_view name);

// Nothing for a type that is not in the table.
std::optional<ImageFormat> ImageFormatOfMimeType(absl::string_view mime_type);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_IMAGE_FORMAT_H_
