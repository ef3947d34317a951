#include "base/stopwatch.h"

#include <gtest/gtest.h>

namespace strobe {
namespace {

TEST(StopwatchTest, TimeNeverGoesBackAndALapStartsAgain) {
  const Stopwatch whole;
  Stopwatch laps;
  absl::Duration sum;
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration lap = laps.Lap();
    EXPECT_GE(lap, absl::ZeroDuration());
    sum += lap;
  }
  EXPECT_LE(sum, whole.Elapsed());
}

}  // namespace
}  // namespace strobe
