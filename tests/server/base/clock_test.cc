#include "server/base/clock.h"

#include <gtest/gtest.h>

#include "absl/time/clock.h"

namespace strobe::server {
namespace {

TEST(RealClockTest, StartsAtTheWallClockAndNeverGoesBack) {
  const Clock& clock = Clock::Real();
  EXPECT_LT(absl::AbsDuration(clock.Now() - absl::Now()), absl::Seconds(10));
  absl::Time last = clock.Now();
  for (int i = 0; i < 10'000; ++i) {
    const absl::Time now = clock.Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(RealClockTest, IsOneForTheProcess) { EXPECT_EQ(&Clock::Real(), &Clock::Real()); }

}  // namespace
}  // namespace strobe::server
