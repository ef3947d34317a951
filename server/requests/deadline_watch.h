// The one thread that knows when each admitted request must end.

#ifndef STROBE_SERVER_REQUESTS_DEADLINE_WATCH_H_
#define STROBE_SERVER_REQUESTS_DEADLINE_WATCH_H_

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace strobe::server {

// Calls back at each deadline, at that moment and not a period later. Calls come on the watch's
// thread, or on that of CheckNow, with no lock held. Thread-safe.
class DeadlineWatch {
 public:
  // Keeps a deadline in the watch, which must outlive it. A call that has begun may still run after
  // the guard is gone. Movable; not thread-safe.
  class Guard {
   public:
    Guard() = default;
    Guard(Guard&& other) noexcept { *this = std::move(other); }
    Guard& operator=(Guard&& other) noexcept;
    ~Guard();

   private:
    friend class DeadlineWatch;
    using Key = std::pair<absl::Time, int64_t>;

    DeadlineWatch* watch_ = nullptr;
    Key key_;
  };

  // `clock` must outlive the watch.
  explicit DeadlineWatch(const Clock& clock);
  ~DeadlineWatch();

  DeadlineWatch(const DeadlineWatch&) = delete;
  DeadlineWatch& operator=(const DeadlineWatch&) = delete;

  // Calls `expire` once when `deadline` has come, unless the guard has gone before. It must not
  // block. InfiniteFuture never comes.
  [[nodiscard]] Guard Watch(absl::Time deadline, std::function<void()> expire)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Looks at the clock at once: for clocks that jump.
  void CheckNow() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  void Forget(const Guard::Key& key) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Time Earliest() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  bool MustLook() const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return stopping_ || Earliest() < waits_until_;
  }

  const Clock& clock_;
  absl::Mutex mu_;
  std::map<Guard::Key, std::function<void()>> entries_ ABSL_GUARDED_BY(mu_);
  int64_t entered_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time waits_until_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();  // the thread
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // last: uses everything above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_DEADLINE_WATCH_H_
