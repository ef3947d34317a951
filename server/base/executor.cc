#include "server/base/executor.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace strobe::server {
namespace {

class ThreadPool final : public Executor {
 public:
  ThreadPool(int threads, int max_queued)
      : max_queued_(static_cast<std::size_t>(std::max(0, max_queued))) {
    const int count = std::max(1, threads);
    idle_ = count;
    threads_.reserve(count);
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { Work(); });
  }

  ~ThreadPool() override {
    {
      absl::MutexLock lock(&mu_);
      stopping_ = true;
    }
    for (std::thread& thread : threads_) thread.join();
  }

  bool TrySchedule(std::function<void()> work) override {
    absl::MutexLock lock(&mu_);
    // Entries that an idle thread is about to take do not count as queued.
    if (stopping_ || queue_.size() >= max_queued_ + idle_) return false;
    queue_.push_back(std::move(work));
    return true;
  }

 private:
  bool Ready() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return stopping_ || !queue_.empty(); }

  void Work() {
    absl::MutexLock lock(&mu_);
    while (true) {
      mu_.Await(absl::Condition(this, &ThreadPool::Ready));
      if (queue_.empty()) return;  // stopping, and everything accepted has run
      std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      --idle_;
      mu_.Unlock();
      work();
      work = nullptr;  // what it captured is destroyed without the lock
      mu_.Lock();
      ++idle_;
    }
  }

  const std::size_t max_queued_;
  mutable absl::Mutex mu_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::size_t idle_ ABSL_GUARDED_BY(mu_) = 0;  // threads that run nothing
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Executor> NewThreadPool(int threads, int max_queued) {
  return std::make_unique<ThreadPool>(threads, max_queued);
}

}  // namespace strobe::server
