#include "server/rpc/call_watchdog.h"

#include <utility>

namespace strobe::server {

CallWatchdog::CallWatchdog(const Clock& clock, absl::Duration period)
    : clock_(clock), look_(period, [this] { CheckNow(); }) {}

void CallWatchdog::Watch(const std::shared_ptr<WatchedCall>& call) {
  bool cut_off = false;
  {
    absl::MutexLock lock(&mu_);
    calls_[call.get()] = call;
    cut_off = cut_off_;
  }
  if (cut_off) call->CutOff();
}

void CallWatchdog::Forget(const WatchedCall* call) {
  absl::MutexLock lock(&mu_);
  calls_.erase(call);
}

void CallWatchdog::CheckNow() {
  std::vector<std::shared_ptr<WatchedCall>> calls;
  {
    absl::MutexLock lock(&mu_);
    calls = OpenCalls();
  }
  const absl::Time now = clock_.Now();
  for (const auto& call : calls) call->CheckReader(now);
}

void CallWatchdog::CutOff() {
  std::vector<std::shared_ptr<WatchedCall>> calls;
  {
    absl::MutexLock lock(&mu_);
    cut_off_ = true;
    calls = OpenCalls();
  }
  for (const auto& call : calls) call->CutOff();
}

std::vector<std::shared_ptr<WatchedCall>> CallWatchdog::OpenCalls() {
  std::vector<std::shared_ptr<WatchedCall>> calls;
  calls.reserve(calls_.size());
  for (const auto& [address, call] : calls_) {
    if (auto held = call.lock()) calls.push_back(std::move(held));
  }
  return calls;
}

}  // namespace strobe::server
