// PNG in and out: fast lossless encoding, strict decoding.

#ifndef STROBE_MODEL_IMAGE_IO_PNG_CODEC_H_
#define STROBE_MODEL_IMAGE_IO_PNG_CODEC_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

bool LooksLikePng(absl::string_view bytes);

// Upper bound in bytes of what EncodePng makes of a picture of this size.
size_t MaxPngBytes(int width, int height);

// Truecolour, 8 bits a channel, not interlaced, every row with the Sub filter, one IDAT chunk made
// by libdeflate at its fastest level. libpng's default costs about 15 times as much.
// `image` must have been checked: sizes from 1, as many bytes as they say.
absl::StatusOr<std::string> EncodePng(const RgbImage& image);

// Any PNG as 8-bit RGB; transparency is laid over black. INVALID_ARGUMENT for broken bytes and for
// more than `max_pixels`.
absl::StatusOr<RgbImage> DecodePng(absl::string_view bytes, size_t max_pixels);

}  // namespace strobe::model

#endif  // STROBE_MODEL_IMAGE_IO_PNG_CODEC_H_
