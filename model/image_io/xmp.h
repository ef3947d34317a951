// XMP metadata inside PNG, JPEG and WebP bytes.

#ifndef STROBE_MODEL_IMAGE_IO_XMP_H_
#define STROBE_MODEL_IMAGE_IO_XMP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/image_io/image_codec.h"

namespace strobe::model {

// The longest packet that all formats can hold (JPEG: one segment).
inline constexpr size_t kMaxXmpBytes = 65000;

// Upper bound of what AddXmp adds to a picture beside the packet itself.
inline constexpr size_t kXmpOverheadBytes = 128;

// Puts an XMP packet into what EncodeImage made: an iTXt chunk, an APP1 segment or an XMP chunk.
// The pixels stay as they are. Raw pixels have no place for it and come back unchanged.
// INVALID_ARGUMENT for a packet over kMaxXmpBytes and for bytes that are not of `format`.
absl::StatusOr<std::string> AddXmp(std::string encoded, ImageFormat format,
                                   absl::string_view packet);

}  // namespace strobe::model

#endif  // STROBE_MODEL_IMAGE_IO_XMP_H_
