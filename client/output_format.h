// Encodings of pictures, as requests say them.

#ifndef STROBE_CLIENT_OUTPUT_FORMAT_H_
#define STROBE_CLIENT_OUTPUT_FORMAT_H_

#include "absl/strings/string_view.h"
#include "model/spec/image_format.h"
#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

v1::OutputFormat OutputFormatOf(model::ImageFormat format);

// `name` is one that ParseImageFormat knows: the program ends otherwise.
v1::OutputFormat OutputFormatOf(absl::string_view name);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_OUTPUT_FORMAT_H_
