// Time since the start of a run.

#ifndef STROBE_CLIENT_LOAD_STOPWATCH_H_
#define STROBE_CLIENT_LOAD_STOPWATCH_H_

#include <chrono>

#include "absl/time/time.h"

namespace strobe::client {

// Runs from construction on, on the steady clock. Thread-safe.
class Stopwatch {
 public:
  absl::Duration Elapsed() const {
    return absl::FromChrono(std::chrono::steady_clock::now() - start_);
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_STOPWATCH_H_
