#include "server/requests/deadline_watch.h"

#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "tests/fakes/fake_clock.h"

namespace strobe::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DeadlineWatchTest : public testing::Test {
 protected:
  DeadlineWatch::Guard Watch(absl::Duration from_now, int name) {
    return watch_.Watch(clock_.Now() + from_now, [this, name] {
      absl::MutexLock lock(&mu_);
      expired_.push_back(name);
    });
  }

  std::vector<int> expired() {
    absl::MutexLock lock(&mu_);
    return expired_;
  }

  FakeClock clock_;
  absl::Mutex mu_;
  std::vector<int> expired_ ABSL_GUARDED_BY(mu_);
  DeadlineWatch watch_{clock_};
};

TEST_F(DeadlineWatchTest, EachDeadlineIsCalledOnceWhenItHasComeAndTheEarliestFirst) {
  const auto late = Watch(absl::Hours(2), 2);
  const auto early = Watch(absl::Hours(1), 1);
  const auto same = Watch(absl::Hours(1), 3);
  clock_.Advance(absl::Hours(1) - absl::Nanoseconds(1));
  watch_.CheckNow();
  EXPECT_THAT(expired(), IsEmpty());
  clock_.Advance(absl::Nanoseconds(1));
  watch_.CheckNow();
  watch_.CheckNow();
  EXPECT_THAT(expired(), ElementsAre(1, 3));
  clock_.Advance(absl::Hours(1));
  watch_.CheckNow();
  EXPECT_THAT(expired(), ElementsAre(1, 3, 2));
}

TEST_F(DeadlineWatchTest, WhoseGuardIsGoneIsNotCalled) {
  auto kept = Watch(absl::Hours(1), 1);
  auto replaced = Watch(absl::Hours(1), 2);
  replaced = Watch(absl::Hours(1), 3);
  { const auto gone = Watch(absl::Hours(1), 4); }
  auto moved = std::move(kept);
  clock_.Advance(absl::Hours(1));
  watch_.CheckNow();
  EXPECT_THAT(expired(), ElementsAre(1, 3));
}

TEST_F(DeadlineWatchTest, InfiniteDeadlinesNeverCome) {
  const auto never = watch_.Watch(absl::InfiniteFuture(), [] { FAIL(); });
  clock_.Advance(absl::Hours(1000000));
  watch_.CheckNow();
}

TEST_F(DeadlineWatchTest, ACallMayDropItsOwnGuardAndWatchAgain) {
  std::optional<DeadlineWatch::Guard> guard;
  DeadlineWatch::Guard again;
  guard = watch_.Watch(clock_.Now() + absl::Hours(1), [&] {
    guard.reset();
    again = Watch(absl::Hours(1), 2);
  });
  clock_.Advance(absl::Hours(1));
  watch_.CheckNow();
  EXPECT_THAT(expired(), IsEmpty());
  clock_.Advance(absl::Hours(1));
  watch_.CheckNow();
  EXPECT_THAT(expired(), ElementsAre(2));
}

TEST_F(DeadlineWatchTest, ItsThreadCallsWithoutBeingAskedAlsoForAnEarlierOneThatComesLater) {
  const auto far = Watch(absl::Hours(1), 1);
  absl::Notification called;
  const auto past = watch_.Watch(clock_.Now(), [&] { called.Notify(); });
  called.WaitForNotification();
  EXPECT_THAT(expired(), IsEmpty());
}

}  // namespace
}  // namespace strobe::server
