#include "model/image_io/image_codec.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/image_io/jpeg_codec.h"
#include "model/image_io/png_codec.h"
#include "model/image_io/webp_codec.h"

namespace strobe::model {
namespace {

constexpr size_t kMaxPixels = size_t{64} << 20;

absl::Status CheckImage(const RgbImage& image) {
  if (image.width < 1 || image.height < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("a picture of ", image.width, "x", image.height, " has no pixels"));
  }
  const uint64_t pixels = static_cast<uint64_t>(image.width) * static_cast<uint64_t>(image.height);
  if (pixels > kMaxPixels) {
    return absl::InvalidArgumentError(absl::StrCat("a picture of ", image.width, "x", image.height,
                                                   " has more than ", kMaxPixels, " pixels"));
  }
  if (image.pixels.size() != pixels * 3) {
    return absl::InvalidArgumentError(absl::StrCat("a picture of ", image.width, "x", image.height,
                                                   " needs ", pixels * 3, " bytes, not ",
                                                   image.pixels.size()));
  }
  return absl::OkStatus();
}

}  // namespace

size_t MaxEncodedBytes(ImageFormat format, int width, int height) {
  width = std::max(width, 0);
  height = std::max(height, 0);
  switch (format) {
    case ImageFormat::kPng:
      return MaxPngBytes(width, height);
    case ImageFormat::kJpeg:
      return MaxJpegBytes(width, height);
    case ImageFormat::kWebp:
      return MaxWebpBytes(width, height);
    case ImageFormat::kRawRgb8:
      break;
  }
  return static_cast<size_t>(width) * static_cast<size_t>(height) * 3;
}

absl::StatusOr<std::string> EncodeImage(const RgbImage& image, ImageFormat format, int quality) {
  STROBE_RETURN_IF_ERROR(CheckImage(image));
  quality = std::clamp(quality, 1, 100);
  switch (format) {
    case ImageFormat::kPng:
      return EncodePng(image);
    case ImageFormat::kJpeg:
      return EncodeJpeg(image, quality);
    case ImageFormat::kWebp:
      return EncodeWebp(image, quality);
    case ImageFormat::kRawRgb8:
      return std::string(image.pixels.begin(), image.pixels.end());
  }
  return absl::InvalidArgumentError("unknown image format");
}

absl::StatusOr<RgbImage> DecodeImage(absl::string_view bytes) {
  if (LooksLikePng(bytes)) return DecodePng(bytes, kMaxPixels);
  if (LooksLikeJpeg(bytes)) return DecodeJpeg(bytes, kMaxPixels);
  if (LooksLikeWebp(bytes)) return DecodeWebp(bytes, kMaxPixels);
  return absl::InvalidArgumentError("neither PNG nor JPEG nor WebP bytes");
}

}  // namespace strobe::model
