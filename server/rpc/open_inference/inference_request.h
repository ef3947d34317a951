// ModelInferRequest -> what is asked for, and how to answer.

#ifndef STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_REQUEST_H_
#define STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_REQUEST_H_

#include <string>

#include <inference/open_inference.pb.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/requests/image_request.h"

namespace strobe::server {

// The only version of every model, and the names of its tensors.
inline constexpr char kModelVersion[] = "1";
inline constexpr char kPrompt[] = "prompt";
inline constexpr char kNegativePrompt[] = "negative_prompt";
inline constexpr char kImage[] = "image";
inline constexpr char kEncodedImage[] = "encoded_image";

// NOT_FOUND (MODEL_NOT_FOUND) for every version but kModelVersion and none.
absl::Status CheckModelVersion(absl::string_view version);

// How a ModelInferResponse is made.
struct InferenceReply {
  std::string id;      // of the request, to be given back
  bool raw = false;    // in raw_output_contents
  bool files = false;  // encoded_image, else image
};

struct InferenceRequest {
  ImageRequest request;
  InferenceReply reply;
};

// Reads inputs, requested outputs and parameters; an image for each of 1 to
// `max_images_per_request` prompts. INVALID_ARGUMENT with every violation: INVALID_UTF8 when all
// that is wrong are the bytes of prompts, else INVALID_REQUEST. No text of the caller is repeated.
absl::StatusOr<InferenceRequest> ReadInferenceRequest(const inference::ModelInferRequest& request,
                                                      int max_images_per_request);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_REQUEST_H_
