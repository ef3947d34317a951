// Runs work at once, on the caller's thread.

#ifndef STROBE_TESTS_FAKES_INLINE_EXECUTOR_H_
#define STROBE_TESTS_FAKES_INLINE_EXECUTOR_H_

#include <atomic>
#include <functional>

#include "server/base/executor.h"

namespace strobe::server {

// Refuses everything while `full`. Thread-safe.
class InlineExecutor final : public Executor {
 public:
  bool TrySchedule(std::function<void()> work) override {
    if (full) return false;
    work();
    return true;
  }

  std::atomic<bool> full = false;
};

}  // namespace strobe::server

#endif  // STROBE_TESTS_FAKES_INLINE_EXECUTOR_H_
