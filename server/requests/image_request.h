// What a caller asks for, whatever protocol it speaks.

#ifndef STROBE_SERVER_REQUESTS_IMAGE_REQUEST_H_
#define STROBE_SERVER_REQUESTS_IMAGE_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "model/spec/image_format.h"
#include "server/base/request_error.h"
#include "server/batching/generation_task.h"

namespace strobe::server {

// What one image shows. Valid UTF-8.
struct ImageTexts {
  std::string prompt;
  std::string negative_prompt;
};

// A request as it was decoded: no field has been checked. 0, or nothing, leaves a field to the
// model's default.
struct ImageRequest {
  std::string model;              // empty: the first one
  std::vector<ImageTexts> texts;  // never empty; one: all images show it, else one for each image
  int num_images = 0;
  int width = 0;   // pixels
  int height = 0;  // pixels
  int num_inference_steps = 0;
  int min_inference_steps = 0;
  int partial_images = 0;
  std::optional<float> guidance_scale;
  std::optional<uint64_t> seed;  // of the first image
  std::optional<model::ImageFormat> output_format;
  int output_quality = 0;
  DeadlinePolicy deadline_policy = DeadlinePolicy::kFail;
  Priority priority = Priority::kInteractive;
  absl::Duration time_limit = absl::InfiniteDuration();  // from arrival; beside the call's deadline
  // What the images may need together, encoded, because one message holds them all.
  size_t max_images_bytes = std::numeric_limits<size_t>::max();
  // Fields with a value that has no meaning. Validation names them among all other violations.
  std::vector<FieldViolation> unreadable;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_IMAGE_REQUEST_H_
