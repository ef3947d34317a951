// Writes safetensors files.

#ifndef STROBE_MODEL_WEIGHTS_SAFETENSORS_WRITER_H_
#define STROBE_MODEL_WEIGHTS_SAFETENSORS_WRITER_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Writes `tensors` (any device, any strides) to `path`, with `format: pt` among the metadata. The
// file appears whole or not at all: it is written beside `path`, synced and renamed.
// INVALID_ARGUMENT: a dtype the format does not have. UNKNOWN and others: errno of the file system.
absl::Status WriteSafetensors(const std::string& path, const StateDict& tensors,
                              const std::map<std::string, std::string>& metadata = {});

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_SAFETENSORS_WRITER_H_
