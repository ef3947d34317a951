// Time that a piece of work takes.

#ifndef STROBE_BASE_STOPWATCH_H_
#define STROBE_BASE_STOPWATCH_H_

#include "absl/time/time.h"

namespace strobe {

// Runs from construction on. Steps of the wall clock do not move it. Elapsed is thread-safe.
class Stopwatch {
 public:
  Stopwatch();

  // Since construction or the last Lap.
  absl::Duration Elapsed() const;

  // Elapsed, and starts again from now.
  absl::Duration Lap();

 private:
  absl::Duration start_;  // of the steady clock
};

}  // namespace strobe

#endif  // STROBE_BASE_STOPWATCH_H_
