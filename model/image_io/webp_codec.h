// Lossy WebP in and out, by libwebp.

#ifndef STROBE_MODEL_IMAGE_IO_WEBP_CODEC_H_
#define STROBE_MODEL_IMAGE_IO_WEBP_CODEC_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

bool LooksLikeWebp(absl::string_view bytes);

// Upper bound in bytes of what EncodeWebp returns for a picture of this size at any quality.
size_t MaxWebpBytes(int width, int height);

// Lossy WebP at `quality` 1..100, with a speed setting (method 1) meant for serving. `image` must
// have been checked: sizes from 1, as many bytes as they say. INVALID_ARGUMENT for a side of more
// than 16,383 pixels, which the format cannot hold.
absl::StatusOr<std::string> EncodeWebp(const RgbImage& image, int quality);

// Lossy and lossless stills as 8-bit RGB, transparency dropped. INVALID_ARGUMENT for broken or cut
// bytes, animations and more than `max_pixels`.
absl::StatusOr<RgbImage> DecodeWebp(absl::string_view bytes, size_t max_pixels);

}  // namespace strobe::model

#endif  // STROBE_MODEL_IMAGE_IO_WEBP_CODEC_H_
