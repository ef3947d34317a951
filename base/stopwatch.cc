#include "base/stopwatch.h"

#include <chrono>

namespace strobe {
namespace {

absl::Duration SteadyTime() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

Stopwatch::Stopwatch() : start_(SteadyTime()) {}

absl::Duration Stopwatch::Elapsed() const { return SteadyTime() - start_; }

absl::Duration Stopwatch::Lap() {
  const absl::Duration now = SteadyTime();
  const absl::Duration elapsed = now - start_;
  start_ = now;
  return elapsed;
}

}  // namespace strobe
