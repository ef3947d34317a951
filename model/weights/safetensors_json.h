// The JSON of a safetensors header as plain values, not yet checked against the file.

#ifndef STROBE_MODEL_WEIGHTS_SAFETENSORS_JSON_H_
#define STROBE_MODEL_WEIGHTS_SAFETENSORS_JSON_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/weights/safetensors_header.h"

namespace strobe::model {

// Reads `json` into `header.entries` (in the order of the text) and `header.metadata`. Accepts the
// one grammar that the format has and nothing else, so nesting and memory are bounded by it.
// INVALID_ARGUMENT: not UTF-8 JSON, a duplicate key, a missing, unknown or mistyped field.
absl::Status ParseSafetensorsJson(absl::string_view json, SafetensorsHeader& header);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_SAFETENSORS_JSON_H_
