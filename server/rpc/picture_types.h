// Formats of pictures as callers read them.

#ifndef STROBE_SERVER_RPC_PICTURE_TYPES_H_
#define STROBE_SERVER_RPC_PICTURE_TYPES_H_

#include "absl/strings/string_view.h"
#include "server/batching/generation_task.h"

namespace strobe::server {

// "image/png", "image/jpeg", "image/webp", "image/x-raw-rgb8".
inline absl::string_view MimeTypeOf(OutputFormat format) {
  switch (format) {
    case OutputFormat::kPng:
      return "image/png";
    case OutputFormat::kJpeg:
      return "image/jpeg";
    case OutputFormat::kWebp:
      return "image/webp";
    case OutputFormat::kRawRgb8:
      return "image/x-raw-rgb8";
  }
  return "";
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_PICTURE_TYPES_H_
