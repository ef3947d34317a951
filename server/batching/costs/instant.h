// Times in nanoseconds: a decision of the batch policy compares those of every waiting sample.

#ifndef STROBE_SERVER_BATCHING_COSTS_INSTANT_H_
#define STROBE_SERVER_BATCHING_COSTS_INSTANT_H_

#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace strobe::server {

using Nanos = int64_t;
inline constexpr Nanos kNever = std::numeric_limits<Nanos>::max();

inline Nanos ToNanos(absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); }

// A moment as nanoseconds since the Unix epoch; made of an absl::Time.
class Instant {
 public:
  Instant() = default;
  Instant(absl::Time time)  // NOLINT: implicit, as they mean the same
      : since_epoch_(time == absl::InfiniteFuture() ? kNever : absl::ToUnixNanos(time)) {}

  bool is_never() const { return since_epoch_ == kNever; }
  absl::Time time() const {
    return is_never() ? absl::InfiniteFuture() : absl::FromUnixNanos(since_epoch_);
  }
  // kNever for a moment that never comes.
  Nanos After(Instant now) const { return is_never() ? kNever : since_epoch_ - now.since_epoch_; }

 private:
  Nanos since_epoch_ = 0;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_INSTANT_H_
