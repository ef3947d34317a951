// The edge where the engine's threads enter LibTorch.

#ifndef STROBE_SERVER_ENGINE_GUARDED_RUN_H_
#define STROBE_SERVER_ENGINE_GUARDED_RUN_H_

#include <ATen/Parallel.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/pipeline/torch_call.h"

namespace strobe::server {

// Of a Status or a StatusOr.
inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename Value>
absl::Status StatusOf(const absl::StatusOr<Value>& value) {
  return value.status();
}

// model::CallTorch on `threads` CPU threads.
template <typename Work>
auto RunGuarded(absl::string_view what, int threads, const Work& work) -> decltype(work()) {
  // OpenMP keeps the number of threads for each calling thread.
  thread_local int used = 0;
  if (used != threads) at::set_num_threads(used = threads);
  return model::CallTorch(what, work);
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_GUARDED_RUN_H_
