#include "server/base/periodic_task.h"

#include <utility>

namespace strobe::server {

PeriodicTask::PeriodicTask(absl::Duration period, std::function<void()> work)
    : work_(std::move(work)) {
  if (period < absl::InfiniteDuration()) thread_ = std::thread([this, period] { Run(period); });
}

PeriodicTask::~PeriodicTask() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void PeriodicTask::Run(absl::Duration period) {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), period)) return;
    }
    work_();
  }
}

}  // namespace strobe::server
