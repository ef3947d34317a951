// Whether a picture is what was asked for, without decoding it.

#ifndef STROBE_CLIENT_LOAD_PICTURE_FLAW_H_
#define STROBE_CLIENT_LOAD_PICTURE_FLAW_H_

#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

enum class PictureFlaw {
  kNone,
  kWrongSize,  // another one than asked for, or than the picture's own header says
  kCorrupt,    // cut off, or not of its media type
};

// Looks at the frame of the encoding alone, which costs nothing at any rate of requests: the
// signature and the end of a PNG or JPEG, the length of a WebP or of raw pixels, and the size that
// a PNG is of. `width` and `height` were asked for; 0: any.
PictureFlaw FlawOf(const v1::GeneratedImage& image, int width, int height);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_PICTURE_FLAW_H_
