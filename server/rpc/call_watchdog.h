// Looks at the open calls now and then, for readers that have stalled, and knows them all when they
// must end.

#ifndef STROBE_SERVER_RPC_CALL_WATCHDOG_H_
#define STROBE_SERVER_RPC_CALL_WATCHDOG_H_

#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/periodic_task.h"

namespace strobe::server {

// A call that must be looked at.
class WatchedCall {
 public:
  virtual ~WatchedCall() = default;
  // Ends the call when its reader has stalled. Must not block.
  virtual void CheckReader(absl::Time now) = 0;
  // Ends the call because the server stops. Must not block.
  virtual void CutOff() = 0;
};

// One thread that calls CheckReader of every watched call each `period`. Calls that are gone are
// forgotten. Thread-safe.
class CallWatchdog {
 public:
  // `clock` must outlive the watchdog. A period of InfiniteDuration starts no thread: then only
  // CheckNow looks.
  CallWatchdog(const Clock& clock, absl::Duration period);
  CallWatchdog(const CallWatchdog&) = delete;
  CallWatchdog& operator=(const CallWatchdog&) = delete;

  void Watch(const std::shared_ptr<WatchedCall>& call) ABSL_LOCKS_EXCLUDED(mu_);
  void Forget(const WatchedCall* call) ABSL_LOCKS_EXCLUDED(mu_);

  // Looks at every call once.
  void CheckNow() ABSL_LOCKS_EXCLUDED(mu_);

  // Cuts off every call, those that come later too.
  void CutOff() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  std::vector<std::shared_ptr<WatchedCall>> OpenCalls() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Clock& clock_;
  absl::Mutex mu_;
  bool cut_off_ ABSL_GUARDED_BY(mu_) = false;
  std::map<const WatchedCall*, std::weak_ptr<WatchedCall>> calls_ ABSL_GUARDED_BY(mu_);
  PeriodicTask look_;  // last: uses everything above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_WATCHDOG_H_
