#include "server/requests/deadline_watch.h"

#include <vector>

namespace strobe::server {

DeadlineWatch::Guard& DeadlineWatch::Guard::operator=(Guard&& other) noexcept {
  std::swap(watch_, other.watch_);
  std::swap(key_, other.key_);
  return *this;
}

DeadlineWatch::Guard::~Guard() {
  if (watch_ != nullptr) watch_->Forget(key_);
}

DeadlineWatch::DeadlineWatch(const Clock& clock) : clock_(clock), thread_([this] { Run(); }) {}

DeadlineWatch::~DeadlineWatch() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

DeadlineWatch::Guard DeadlineWatch::Watch(absl::Time deadline, std::function<void()> expire) {
  Guard guard;
  if (deadline == absl::InfiniteFuture()) return guard;
  absl::MutexLock lock(&mu_);
  guard.watch_ = this;
  guard.key_ = {deadline, entered_++};
  entries_.emplace(guard.key_, std::move(expire));
  return guard;
}

void DeadlineWatch::CheckNow() {
  std::vector<std::function<void()>> due;
  {
    absl::MutexLock lock(&mu_);
    const absl::Time now = clock_.Now();
    while (Earliest() <= now) {
      due.push_back(std::move(entries_.begin()->second));
      entries_.erase(entries_.begin());
    }
  }
  for (const auto& expire : due) expire();
}

void DeadlineWatch::Run() {
  while (true) {
    CheckNow();
    absl::MutexLock lock(&mu_);
    if (stopping_) return;
    waits_until_ = Earliest();
    mu_.AwaitWithTimeout(absl::Condition(this, &DeadlineWatch::MustLook),
                         waits_until_ - clock_.Now());
  }
}

void DeadlineWatch::Forget(const Guard::Key& key) {
  absl::MutexLock lock(&mu_);
  entries_.erase(key);
}

absl::Time DeadlineWatch::Earliest() const {
  return entries_.empty() ? absl::InfiniteFuture() : entries_.begin()->first.first;
}

}  // namespace strobe::server
