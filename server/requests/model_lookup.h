// Models by the names that callers give them.

#ifndef STROBE_SERVER_REQUESTS_MODEL_LOOKUP_H_
#define STROBE_SERVER_REQUESTS_MODEL_LOOKUP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/spec/model_description.h"

namespace strobe::server {

// Index of the model `name` in `models` (never empty), 0 for an empty name. NOT_FOUND
// (MODEL_NOT_FOUND) says which there are, and does not repeat the name.
absl::StatusOr<int> FindModel(const std::string& name,
                              absl::Span<const model::ModelDescription> models);

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_MODEL_LOOKUP_H_
