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
#include "server/requests/request_limits.h"

namespace strobe::server {

// Upper bound of an encoded picture in bytes.
using EncodedBytesBound = std::function<size_t(model::ImageFormat format, int width, int height)>;

// Checks `request` against `models` (which serve at least one) and `limits` and fills in all
// defaults; the caller adds request_id, arrival and deadline. Without a seed, `random_seed` is
// asked for one. `max_encoded_bytes` empty: three bytes a pixel. Errors: NOT_FOUND with reason
// MODEL_NOT_FOUND; INVALID_ARGUMENT with reason INVALID_REQUEST and one violation for each wrong
// field, all of them at once, in the order of the fields. Texts never hold a part of the prompt.
absl::StatusOr<GenerationRequest> ValidateRequest(
    const ImageRequest& request, const ModelRegistry& models, const RequestLimits& limits,
    const std::function<uint64_t()>& random_seed,
    const EncodedBytesBound& max_encoded_bytes = nullptr);

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_VALIDATION_H_
