// RgbImage <-> PNG, JPEG, WebP and raw bytes.

#ifndef STROBE_MODEL_IMAGE_IO_IMAGE_CODEC_H_
#define STROBE_MODEL_IMAGE_IO_IMAGE_CODEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/spec/generation_types.h"
#include "model/spec/image_format.h"

namespace strobe::model {

// Upper bound of the encoded size in bytes, for refusing pictures that no message can carry.
size_t MaxEncodedBytes(ImageFormat format, int width, int height);

// Encodes `image`. `quality` is 1..100 for JPEG and WebP and ignored elsewhere. INVALID_ARGUMENT
// when the pixel count does not fit the size, INTERNAL when the codec fails.
absl::StatusOr<std::string> EncodeImage(const RgbImage& image, ImageFormat format, int quality);

// Decodes PNG, JPEG or WebP bytes, told apart by their signature, to 8-bit RGB. INVALID_ARGUMENT
// for anything else, for broken bytes and for pictures of more than 64 megapixels.
absl::StatusOr<RgbImage> DecodeImage(absl::string_view bytes);

}  // namespace strobe::model

#endif  // STROBE_MODEL_IMAGE_IO_IMAGE_CODEC_H_
