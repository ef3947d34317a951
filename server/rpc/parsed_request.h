// A caller's message, decoded: what every kind of call has in common.

#ifndef STROBE_SERVER_RPC_PARSED_REQUEST_H_
#define STROBE_SERVER_RPC_PARSED_REQUEST_H_

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <strobe/v1/image_generation.pb.h>

#include "absl/time/time.h"

namespace strobe::server {

// What one image shows.
struct ImageTexts {
  std::string prompt;
  std::string negative_prompt;
};

// Nothing of it is checked yet.
struct ParsedRequest {
  // NOLINTNEXTLINE(google-explicit-constructor): most calls ask for nothing more.
  ParsedRequest(v1::GenerateImagesRequest message = {}) : message(std::move(message)) {}

  v1::GenerateImagesRequest message;
  // When every image has texts of its own: those, message.num_images of them, and `message` has
  // none. Empty: all images have the message's.
  std::vector<ImageTexts> texts;
  absl::Duration time_limit = absl::InfiniteDuration();  // from arrival; beside the call's deadline
  // What the images may need together, encoded, because one message holds them all.
  size_t max_images_bytes = std::numeric_limits<size_t>::max();
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_PARSED_REQUEST_H_
