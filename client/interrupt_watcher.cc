#include "client/interrupt_watcher.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

namespace strobe::client {
namespace {

constexpr int kInterruptedStatus = 130;

sigset_t WatchedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

InterruptWatcher::InterruptWatcher(std::function<void()> on_interrupt)
    : on_interrupt_(std::move(on_interrupt)) {
  const sigset_t signals = WatchedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
}

InterruptWatcher::~InterruptWatcher() {
  stopping_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void InterruptWatcher::Run() {
  const sigset_t signals = WatchedSignals();
  for (bool interrupted = false;; interrupted = true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (stopping_) return;
    if (interrupted) _exit(kInterruptedStatus);
    on_interrupt_();
  }
}

}  // namespace strobe::client
