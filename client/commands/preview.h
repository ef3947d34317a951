// Shows generated images in the terminal.

#ifndef STROBE_CLIENT_COMMANDS_PREVIEW_H_
#define STROBE_CLIENT_COMMANDS_PREVIEW_H_

#include <string>

#include "client/commands/generate_options.h"
#include "client/terminal_probe.h"
#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

// The style for `choice`; kAuto looks at the terminal, and may ask it.
PreviewStyle ResolvePreviewStyle(PreviewChoice choice);

// The characters that show `image` on a terminal of `columns` characters; empty for kNone and for
// bytes that are no picture, because a preview is no reason to fail.
std::string DrawPreview(const v1::GeneratedImage& image, PreviewStyle style, int columns);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_PREVIEW_H_
