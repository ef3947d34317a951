// A clock that moves when told.

#ifndef STROBE_TESTS_FAKES_FAKE_CLOCK_H_
#define STROBE_TESTS_FAKES_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace strobe::server {

// Starts at 2020-01-01. Nothing wakes up by itself when it moves. Thread-safe.
class FakeClock final : public Clock {
 public:
  absl::Time Now() const override {
    absl::MutexLock lock(&mu_);
    return now_;
  }

  void Advance(absl::Duration duration) {
    absl::MutexLock lock(&mu_);
    now_ += duration;
  }

 private:
  mutable absl::Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_) = absl::FromUnixSeconds(1577836800);
};

}  // namespace strobe::server

#endif  // STROBE_TESTS_FAKES_FAKE_CLOCK_H_
