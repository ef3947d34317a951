// Turns Ctrl-C into a call on an ordinary thread.

#ifndef STROBE_CLIENT_INTERRUPT_WATCHER_H_
#define STROBE_CLIENT_INTERRUPT_WATCHER_H_

#include <atomic>
#include <functional>
#include <thread>

namespace strobe::client {

// Blocks SIGINT and SIGTERM in the process and waits for them on a thread of its own. The first one
// calls `on_interrupt`; the second one ends the process with status 130. Make it first thing in
// main: only threads started later are covered. One at a time.
class InterruptWatcher {
 public:
  explicit InterruptWatcher(std::function<void()> on_interrupt);
  ~InterruptWatcher();

  InterruptWatcher(const InterruptWatcher&) = delete;
  InterruptWatcher& operator=(const InterruptWatcher&) = delete;

 private:
  void Run();

  const std::function<void()> on_interrupt_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_INTERRUPT_WATCHER_H_
