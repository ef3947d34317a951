#include "server/rpc/call_watchdog.h"

#include <utility>

namespace strobe::server {

CallWatchdog::CallWatchdog(const Clock& clock, absl::Duration period) : clock_(clock) {
  if (period < absl::InfiniteDuration()) thread_ = std::thread([this, period] { Run(period); });
}

CallWatchdog::~CallWatchdog() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

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
  for (const auto& call : calls) call->CheckTime(now);
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

void CallWatchdog::Run(absl::Duration period) {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), period)) return;
    }
    CheckNow();
  }
}

}  // namespace strobe::server
