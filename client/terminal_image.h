// Pictures as the characters that make a terminal show them. Pure functions.

#ifndef STROBE_CLIENT_TERMINAL_IMAGE_H_
#define STROBE_CLIENT_TERMINAL_IMAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "model/spec/generation_types.h"

namespace strobe::client {

// `image` made smaller, by averaging, until it fits `max_width` x `max_height` pixels; its
// proportions stay, and it is never enlarged. Limits are from 1.
model::RgbImage ShrunkToFit(const model::RgbImage& image, int max_width, int max_height);

// `image` with every pixel repeated `factor` times in both directions. `factor` is from 1.
model::RgbImage Enlarged(const model::RgbImage& image, int factor);

// Lines of upper half blocks with 24-bit colours: a character cell shows two pixels, one above the
// other. An odd last row is drawn over the terminal's own background.
std::string HalfBlocks(const model::RgbImage& image);

// The kitty graphics protocol: shows the PNG file `png` at the cursor, `columns` cells wide, and
// ends the line. The payload goes in chunks of at most 4,096 base64 characters.
// https://sw.kovidgoyal.net/kitty/graphics-protocol/
std::string KittyImage(absl::string_view png, int columns);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_TERMINAL_IMAGE_H_
