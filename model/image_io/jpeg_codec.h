// JPEG in and out, by libjpeg-turbo.

#ifndef STROBE_MODEL_IMAGE_IO_JPEG_CODEC_H_
#define STROBE_MODEL_IMAGE_IO_JPEG_CODEC_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

bool LooksLikeJpeg(absl::string_view bytes);

// Upper bound in bytes of what EncodeJpeg makes of a picture of this size at any quality.
size_t MaxJpegBytes(int width, int height);

// Baseline JPEG. Chroma has full resolution (4:4:4) from quality 95 on and half (4:2:0) below; a
// 4:4:4 picture that would be larger than MaxJpegBytes (pure noise) is made 4:2:0. `quality` is
// 1..100. `image` must have been checked: sizes from 1, as many bytes as they say. INVALID_ARGUMENT
// for a side of more than 65,500 pixels, which the format cannot hold.
absl::StatusOr<std::string> EncodeJpeg(const RgbImage& image, int quality);

// Baseline and progressive, grey and colour, as 8-bit RGB. INVALID_ARGUMENT for bytes with any
// damage that libjpeg notices, for CMYK and for more than `max_pixels`.
absl::StatusOr<RgbImage> DecodeJpeg(absl::string_view bytes, size_t max_pixels);

}  // namespace strobe::model

#endif  // STROBE_MODEL_IMAGE_IO_JPEG_CODEC_H_
