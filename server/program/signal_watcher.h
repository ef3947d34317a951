// SIGTERM and SIGINT, handled on a thread of their own.

#ifndef STROBE_SERVER_PROGRAM_SIGNAL_WATCHER_H_
#define STROBE_SERVER_PROGRAM_SIGNAL_WATCHER_H_

#include <csignal>
#include <functional>
#include <thread>

namespace strobe::server {

// Calls `on_signal` for every SIGTERM and SIGINT, with 1 for the first, 2 for the second and so on,
// from its own thread, so that it may do anything. Make it before any other thread: it blocks the
// signals in the calling thread, and new threads inherit that. The destructor stops listening and
// leaves them blocked. One at a time in a process.
class SignalWatcher {
 public:
  explicit SignalWatcher(std::function<void(int count)> on_signal);
  ~SignalWatcher();

  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void Run();

  const std::function<void(int count)> on_signal_;
  int stop_fd_ = -1;    // an eventfd: readable when the thread must leave
  int signal_fd_ = -1;  // a signalfd
  std::thread thread_;  // last: uses everything above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_PROGRAM_SIGNAL_WATCHER_H_
