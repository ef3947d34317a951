// Pictures as DEC sixel graphics.

#ifndef STROBE_CLIENT_SIXEL_IMAGE_H_
#define STROBE_CLIENT_SIXEL_IMAGE_H_

#include <string>

#include "model/spec/generation_types.h"

namespace strobe::client {

// Shows `image` at the cursor, pixel by pixel, and ends the line. Colours are the nearest of a cube
// of 6 levels a channel, dithered with a 4x4 Bayer matrix, because terminals have 256 registers.
// Format: VT330/VT340 Programmer Reference Manual, chapter 14.
std::string SixelImage(const model::RgbImage& image);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_SIXEL_IMAGE_H_
