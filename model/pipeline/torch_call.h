// The edge where LibTorch's exceptions become statuses.

#ifndef STROBE_MODEL_PIPELINE_TORCH_CALL_H_
#define STROBE_MODEL_PIPELINE_TORCH_CALL_H_

#include <exception>

#include <c10/core/Device.h>
#include <c10/core/InferenceMode.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// What the exception that is being handled means, naming `stage`; to be called in a catch block.
//  - RESOURCE_EXHAUSTED: memory ran out, the device's or the host's;
//  - UNAVAILABLE: an error after which the device answers nothing else until the process ends;
//  - INTERNAL: anything else.
absl::Status StatusOfException(absl::string_view stage);

// True for the CUDA errors (cudaError_t) of which the CUDA Runtime API's documentation says that
// the process must be terminated to go on, and for those that say that the device is not usable.
bool LosesDevice(int cuda_error);

// Runs `call`, which gives a Status or a StatusOr, in inference mode. What it throws comes back as
// StatusOfException says.
template <typename Call>
auto CallTorch(absl::string_view stage, const Call& call) -> decltype(call()) {
  try {
    const c10::InferenceMode inference;
    return call();
  } catch (const std::exception&) {
    return StatusOfException(stage);
  }
}

// Blocks until `device` has finished what was queued; nothing to wait for on the CPU.
void SynchronizeDevice(const at::Device& device);

// INVALID_ARGUMENT when this build or this machine does not have `device`.
absl::Status CheckDevice(const at::Device& device);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_TORCH_CALL_H_
