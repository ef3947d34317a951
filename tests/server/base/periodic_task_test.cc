#include "server/base/periodic_task.h"

#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"

namespace strobe::server {
namespace {

TEST(PeriodicTaskTest, WorksAgainAndAgainUntilItIsDestroyed) {
  int times = 0;
  absl::Notification third;
  {
    PeriodicTask task(absl::Microseconds(1), [&] {
      if (++times == 3) third.Notify();
    });
    third.WaitForNotification();
  }
  const int at_the_end = times;
  EXPECT_GE(at_the_end, 3);
}

TEST(PeriodicTaskTest, DestructionDoesNotWaitForThePeriod) {
  int times = 0;
  {
    PeriodicTask task(absl::Hours(1), [&] { ++times; });
  }
  EXPECT_EQ(times, 0);
}

TEST(PeriodicTaskTest, AnInfinitePeriodNeverComes) {
  PeriodicTask task(absl::InfiniteDuration(), [] { FAIL(); });
}

}  // namespace
}  // namespace strobe::server
