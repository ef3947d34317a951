// How many requests have arrived and have not ended.

#ifndef STROBE_SERVER_REQUESTS_REQUESTS_IN_FLIGHT_H_
#define STROBE_SERVER_REQUESTS_REQUESTS_IN_FLIGHT_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace strobe::server {

// A count that can be waited for. Thread-safe.
class RequestsInFlight {
 public:
  void Enter() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    ++count_;
  }
  void Leave() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    --count_;
  }

  int count() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return count_;
  }

  // Blocks until there is none, for `timeout` at most, or until StopWaiting. Whether there is none.
  bool WaitUntilNone(absl::Duration timeout) const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(this, &RequestsInFlight::MayReturn), timeout);
    return count_ == 0;
  }

  // Every wait returns at once, those that come later too.
  void StopWaiting() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }

 private:
  bool MayReturn() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return count_ == 0 || stopped_; }

  mutable absl::Mutex mu_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUESTS_IN_FLIGHT_H_
