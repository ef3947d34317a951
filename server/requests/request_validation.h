// ImageRequest -> GenerationRequest: every rule of the API, in one pure function.

#ifndef STROBE_SERVER_REQUESTS_REQUEST_VALIDATION_H_
#define STROBE_SERVER_REQUESTS_REQUEST_VALIDATION_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "model/spec/image_format.h"
#include "server/batching/generation_task.h"
#include "server/models/model_registry.h"
#include "server/requests/image_request.h"

namespace strobe::server {

// What one request may ask for, whatever the model allows.
struct RequestLimits {
  int max_prompt_bytes = 2048;  // prompt and negative prompt, each
  int max_images_per_request = 8;
  float max_guidance_scale = 50.0f;
  // num_images * width * height * steps, 64 steps of a megapixel: one request occupies a device for
  // seconds, not minutes, even where callers set no deadline.
  int64_t max_pixel_steps = int64_t{64} << 20;
  // Of one encoded picture. gRPC clients refuse messages above 4 MiB unless told otherwise; the
  // other fields of the message take less than 1 KiB.
  size_t max_image_bytes = 4 * 1024 * 1024 - 1024;
  // Upper bound of an encoded picture in bytes; empty: three bytes a pixel.
  std::function<size_t(model::ImageFormat format, int width, int height)> max_encoded_bytes;
};

// Checks `request` against `models` (which serve at least one) and `limits` and fills in all
// defaults; the caller adds request_id, arrival and deadline. Without a seed, `random_seed` is
// asked for one. Errors: NOT_FOUND with reason MODEL_NOT_FOUND; INVALID_ARGUMENT with reason
// INVALID_REQUEST and one violation for each wrong field, all of them at once, in the order of the
// fields. Texts never hold a part of the prompt.
absl::StatusOr<GenerationRequest> ValidateRequest(const ImageRequest& request,
                                                  const ModelRegistry& models,
                                                  const RequestLimits& limits,
                                                  const std::function<uint64_t()>& random_seed);

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_VALIDATION_H_
