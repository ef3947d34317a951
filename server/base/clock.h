// The only source of time in the server.

#ifndef STROBE_SERVER_BASE_CLOCK_H_
#define STROBE_SERVER_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace strobe::server {

// Monotonic: steps of the wall clock never move it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Now; never goes back. The wall-clock time of the process start plus the steady time since.
  virtual absl::Time Now() const = 0;

  // The process-wide real clock.
  static const Clock& Real();
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BASE_CLOCK_H_
