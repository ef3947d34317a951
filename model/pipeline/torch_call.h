// The edge where LibTorch's exceptions become statuses.

#ifndef STROBE_MODEL_PIPELINE_TORCH_CALL_H_
#define STROBE_MODEL_PIPELINE_TORCH_CALL_H_

#include <functional>

#include <c10/core/Device.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// Runs `call` in inference mode. What it throws comes back as RESOURCE_EXHAUSTED (out of memory) or
// INTERNAL, naming `stage`.
absl::Status CallTorch(absl::string_view stage, const std::function<absl::Status()>& call);

// Blocks until `device` has finished what was queued; nothing to wait for on the CPU.
void SynchronizeDevice(const at::Device& device);

// INVALID_ARGUMENT when this build or this machine does not have `device`.
absl::Status CheckDevice(const at::Device& device);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_TORCH_CALL_H_
