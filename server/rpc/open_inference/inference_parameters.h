// The request parameters of ModelInfer.

#ifndef STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_PARAMETERS_H_
#define STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_PARAMETERS_H_

#include <string>
#include <vector>

#include <google/protobuf/map.h>
#include <inference/open_inference.pb.h>

#include "server/base/request_error.h"
#include "server/requests/image_request.h"

namespace strobe::server {

using InferenceParameters = google::protobuf::Map<std::string, inference::InferParameter>;

// Fills in `request` what the parameters say: seed, num_inference_steps or steps, width and height
// or size ("128x96"), guidance_scale, deadline_policy, format, output_quality, and of the
// protocol's schedule policy priority (0 or 1: interactive, above: batch) and timeout
// (microseconds). A whole number may be an int64 or a uint64; a negative seed counts as its two's
// complement. Adds to `violations`, under "parameters", one for each value of a wrong type or form
// and one for all unknown names, whose texts are not repeated. What the values mean is checked with
// the request.
void ReadInferenceParameters(const InferenceParameters& parameters, ImageRequest& request,
                             std::vector<FieldViolation>& violations);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_PARAMETERS_H_
