// Reads and writes tensors in HuggingFace's safetensors format.

#ifndef STROBE_MODEL_WEIGHTS_SAFETENSORS_FILE_H_
#define STROBE_MODEL_WEIGHTS_SAFETENSORS_FILE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

struct SafetensorsContents {
  StateDict tensors;
  std::map<std::string, std::string> metadata;
};

// Maps `path` into memory and returns its tensors in the dtypes of the file, on the CPU. Aligned
// tensors are views of the mapping, which lives as long as one of them does and is private: writing
// to a tensor does not change the file. The file must not be truncated meanwhile. Unaligned tensors
// and BOOL are copies. All checks of ParseSafetensorsHeader are made before any tensor exists;
// every error names `path`. NOT_FOUND: no such file. INVALID_ARGUMENT: not a regular file, a
// violation of the format, a dtype LibTorch does not have. DATA_LOSS: truncated.
absl::StatusOr<SafetensorsContents> ReadSafetensors(const std::string& path);

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_SAFETENSORS_FILE_H_
