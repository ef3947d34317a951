#include "model/image_io/webp_codec.h"

#include <webp/decode.h>
#include <webp/encode.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr int kMethod = 1;  // 0 is the fastest, 6 the smallest

int AppendToString(const uint8_t* data, size_t size, const WebPPicture* picture) {
  static_cast<std::string*>(picture->custom_ptr)->append(reinterpret_cast<const char*>(data), size);
  return 1;
}

const uint8_t* Bytes(absl::string_view s) { return reinterpret_cast<const uint8_t*>(s.data()); }

}  // namespace

bool LooksLikeWebp(absl::string_view bytes) {
  return bytes.size() >= 12 && absl::StartsWith(bytes, "RIFF") && bytes.substr(8, 4) == "WEBP";
}

size_t MaxWebpBytes(int width, int height) {
  // 16 bits for each of the 1.5 samples a pixel has in 4:2:0, on whole 16x16 blocks: black and
  // white noise at quality 100 needs about 11. EncodeWebp refuses to return more.
  const size_t padded_width = (static_cast<size_t>(width) + 15) / 16 * 16;
  const size_t padded_height = (static_cast<size_t>(height) + 15) / 16 * 16;
  return padded_width * padded_height * 3 + 2048;
}

absl::StatusOr<std::string> EncodeWebp(const RgbImage& image, int quality) {
  if (image.width > WEBP_MAX_DIMENSION || image.height > WEBP_MAX_DIMENSION) {
    return absl::InvalidArgumentError(
        absl::StrCat("WebP holds at most ", WEBP_MAX_DIMENSION, " pixels a side"));
  }
  WebPConfig config;
  WebPPicture picture;
  if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, static_cast<float>(quality)) ||
      !WebPPictureInit(&picture)) {
    return absl::InternalError("WebP: the library is of another version");
  }
  config.method = kMethod;
  const std::unique_ptr<WebPPicture, void (*)(WebPPicture*)> cleanup(&picture, WebPPictureFree);
  std::string bytes;
  picture.width = image.width;
  picture.height = image.height;
  picture.writer = AppendToString;
  picture.custom_ptr = &bytes;
  if (!WebPPictureImportRGB(&picture, image.pixels.data(), image.width * 3) ||
      !WebPEncode(&config, &picture)) {
    return absl::InternalError(absl::StrCat("WebP: encoder error ", picture.error_code));
  }
  if (bytes.size() > MaxWebpBytes(image.width, image.height)) {
    return absl::InternalError(absl::StrCat("WebP: ", bytes.size(), " bytes are over the bound"));
  }
  return bytes;
}

absl::StatusOr<RgbImage> DecodeWebp(absl::string_view bytes, size_t max_pixels) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(Bytes(bytes), bytes.size(), &features) != VP8_STATUS_OK) {
    return absl::InvalidArgumentError("broken WebP: no readable header");
  }
  if (features.has_animation) return absl::InvalidArgumentError("animated WebP is not supported");
  if (static_cast<uint64_t>(features.width) * features.height > max_pixels) {
    return absl::InvalidArgumentError(absl::StrCat("WebP of ", features.width, "x", features.height,
                                                   " has more than ", max_pixels, " pixels"));
  }
  RgbImage image;
  image.width = features.width;
  image.height = features.height;
  image.pixels.resize(static_cast<size_t>(image.width) * image.height * 3);
  if (WebPDecodeRGBInto(Bytes(bytes), bytes.size(), image.pixels.data(), image.pixels.size(),
                        image.width * 3) == nullptr) {
    return absl::InvalidArgumentError("broken WebP: the picture data is damaged or cut");
  }
  return image;
}

}  // namespace strobe::model
