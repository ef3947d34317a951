// Runs small pieces of work somewhere else.

#ifndef STROBE_SERVER_BASE_EXECUTOR_H_
#define STROBE_SERVER_BASE_EXECUTOR_H_

#include <functional>
#include <memory>

namespace strobe::server {

// Thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;

  // Queues `work` and returns true; false when the queue is full or the executor is stopping:
  // `work` was not and will not be run then.
  virtual bool TrySchedule(std::function<void()> work) = 0;
};

// A pool of `threads` threads behind a queue of at most `max_queued` entries. The destructor runs
// what was accepted, then joins. Work must not throw.
std::unique_ptr<Executor> NewThreadPool(int threads, int max_queued);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BASE_EXECUTOR_H_
