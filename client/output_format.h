// Names of picture encodings, as flags and files have them.

#ifndef STROBE_CLIENT_OUTPUT_FORMAT_H_
#define STROBE_CLIENT_OUTPUT_FORMAT_H_

#include "absl/strings/string_view.h"
#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

// For "png", "jpeg" or "jpg", "webp", "raw"; PNG for anything else.
v1::OutputFormat OutputFormatOf(absl::string_view name);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_OUTPUT_FORMAT_H_
