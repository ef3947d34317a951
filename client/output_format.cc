#include "client/output_format.h"

namespace strobe::client {

v1::OutputFormat OutputFormatOf(model::ImageFormat format) {
  switch (format) {
    case model::ImageFormat::kPng:
      return v1::OUTPUT_FORMAT_PNG;
    case model::ImageFormat::kJpeg:
      return v1::OUTPUT_FORMAT_JPEG;
    case model::ImageFormat::kWebp:
      return v1::OUTPUT_FORMAT_WEBP;
    case model::ImageFormat::kRawRgb8:
      return v1::OUTPUT_FORMAT_RAW_RGB8;
  }
  return v1::OUTPUT_FORMAT_UNSPECIFIED;
}

v1::OutputFormat OutputFormatOf(absl::string_view name) {
  return OutputFormatOf(model::ParseImageFormat(name).value());
}

}  // namespace strobe::client
