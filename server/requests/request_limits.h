// What one request may ask for, whatever the model allows.

#ifndef STROBE_SERVER_REQUESTS_REQUEST_LIMITS_H_
#define STROBE_SERVER_REQUESTS_REQUEST_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace strobe::server {

// One request then occupies a device for seconds, not minutes, even where callers set no deadline:
// 64 steps of a megapixel, as 4 pictures of 1024x1024 in 16 steps.
inline constexpr int64_t kMaxPixelSteps = int64_t{64} << 20;

// gRPC's clients refuse larger messages unless told otherwise.
inline constexpr size_t kMaxResponseBytes = size_t{4} << 20;
// Of a message with a picture: all fields but the picture take less.
inline constexpr size_t kPictureFieldsBytes = 1024;

struct RequestLimits {
  int max_prompt_bytes = 2048;  // prompt and negative prompt, each
  int max_images_per_request = 8;
  float max_guidance_scale = 50.0f;
  int64_t max_pixel_steps = kMaxPixelSteps;  // num_images * width * height * steps
  size_t max_image_bytes = kMaxResponseBytes - kPictureFieldsBytes;  // of one encoded picture
};

// Bytes of the largest message that is read: texts at their limits, as Open Inference sends them
// for every image, and 64 KiB for the rest. The rest takes less than 1 KiB; with so much room a
// text that is somewhat too long is still read, and refused with a reason. What is longer ends as a
// call that gRPC refuses.
inline constexpr size_t MaxMessageBytes(const RequestLimits& limits) {
  constexpr size_t kOtherFieldsBytes = 64 * 1024;
  constexpr size_t kTextsOfImage = 2;      // prompt and negative prompt
  constexpr size_t kTextFramingBytes = 8;  // tag and length, whatever the protocol
  return kOtherFieldsBytes + kTextsOfImage * static_cast<size_t>(limits.max_images_per_request) *
                                 (static_cast<size_t>(limits.max_prompt_bytes) + kTextFramingBytes);
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_LIMITS_H_
