// The edge where the engine's threads enter LibTorch.

#ifndef STROBE_SERVER_ENGINE_GUARDED_RUN_H_
#define STROBE_SERVER_ENGINE_GUARDED_RUN_H_

#include <exception>

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/pipeline/torch_call.h"

namespace strobe::server {

// Runs `work`, which gives a Status or a StatusOr, on `threads` CPU threads and without autograd.
// What it throws comes back as model::StatusOfException says, naming `what`.
template <typename Work>
auto RunGuarded(absl::string_view what, int threads, Work work) -> decltype(work()) {
  try {
    // OpenMP keeps the number of threads for each calling thread.
    thread_local int used = 0;
    if (used != threads) at::set_num_threads(used = threads);
    const c10::InferenceMode no_autograd;
    return work();
  } catch (const std::exception&) {
    return model::StatusOfException(what);
  }
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_GUARDED_RUN_H_
