#include "client/output_format.h"

namespace strobe::client {

v1::OutputFormat OutputFormatOf(absl::string_view name) {
  if (name == "jpeg" || name == "jpg") return v1::OUTPUT_FORMAT_JPEG;
  if (name == "webp") return v1::OUTPUT_FORMAT_WEBP;
  if (name == "raw") return v1::OUTPUT_FORMAT_RAW_RGB8;
  return v1::OUTPUT_FORMAT_PNG;
}

}  // namespace strobe::client
