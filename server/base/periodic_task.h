// Something to be done again and again.

#ifndef STROBE_SERVER_BASE_PERIODIC_TASK_H_
#define STROBE_SERVER_BASE_PERIODIC_TASK_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace strobe::server {

// Calls `work` on a thread of its own, each time `period` after it last returned, until
// destruction, which waits for a running call. A period of InfiniteDuration starts no thread.
class PeriodicTask {
 public:
  PeriodicTask(absl::Duration period, std::function<void()> work);
  ~PeriodicTask();

  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

 private:
  void Run(absl::Duration period) ABSL_LOCKS_EXCLUDED(mu_);

  const std::function<void()> work_;
  absl::Mutex mu_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // last: uses everything above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BASE_PERIODIC_TASK_H_
