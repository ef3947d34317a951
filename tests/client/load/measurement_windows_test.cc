#include "client/load/measurement_windows.h"

#include <vector>

#include "gtest/gtest.h"

namespace strobe::client {
namespace {

WindowOptions Options() {
  WindowOptions options;
  options.interval = absl::Seconds(1);
  options.max_trials = 5;
  options.stability_percentage = 10;
  options.percentile = 50;
  return options;
}

// What one window holds: so many replies, each after `latency_ms`.
struct Load {
  int replies;
  int latency_ms;
};

// Plays the windows until the measurement is over; starts at 10 s.
MeasurementWindows Play(const std::vector<Load>& loads) {
  MeasurementWindows windows(Options());
  windows.Start(absl::Seconds(10));
  absl::Duration now = absl::Seconds(10);
  for (const Load& load : loads) {
    for (int i = 0; i < load.replies; ++i) {
      windows.AddCompletion(absl::Milliseconds(load.latency_ms));
    }
    EXPECT_FALSE(windows.Advance(now + absl::Milliseconds(999)));
    now += absl::Seconds(1);
    if (windows.Advance(now)) break;
  }
  return windows;
}

TEST(MeasurementWindowsTest, ThreeWindowsThatAgreeAreEnough) {
  const auto windows = Play({{100, 50}, {104, 52}, {98, 49}, {1, 1}});
  EXPECT_EQ(windows.trials(), 3);
  EXPECT_TRUE(windows.stable());
  EXPECT_EQ(windows.begin(), absl::Seconds(10));
  EXPECT_EQ(windows.end(), absl::Seconds(13));
}

TEST(MeasurementWindowsTest, WhatCameBeforeTheStableOnesDoesNotCount) {
  const auto windows = Play({{30, 90}, {100, 50}, {104, 52}, {98, 49}, {1, 1}});
  EXPECT_EQ(windows.trials(), 4);
  EXPECT_EQ(windows.begin(), absl::Seconds(11));
  EXPECT_EQ(windows.end(), absl::Seconds(14));
}

TEST(MeasurementWindowsTest, ThroughputAndLatencyMustBothAgree) {
  EXPECT_EQ(Play({{100, 50}, {100, 50}, {100, 70}, {100, 50}, {100, 50}}).trials(), 5);
  EXPECT_EQ(Play({{100, 50}, {100, 50}, {140, 50}, {100, 50}, {100, 50}}).trials(), 5);
}

TEST(MeasurementWindowsTest, GivesUpAfterTheLastTrialAndSaysSo) {
  const auto windows = Play({{10, 50}, {20, 50}, {40, 50}, {80, 50}, {160, 50}, {320, 50}});
  EXPECT_EQ(windows.trials(), 5);
  EXPECT_FALSE(windows.stable());
  EXPECT_EQ(windows.begin(), absl::Seconds(12));
}

TEST(MeasurementWindowsTest, NoWindowIsAddedToAMeasurementThatIsOver) {
  MeasurementWindows windows = Play({{100, 50}, {104, 52}, {98, 49}});
  windows.AddCompletion(absl::Milliseconds(500));
  EXPECT_TRUE(windows.Advance(absl::Hours(1)));
  EXPECT_EQ(windows.trials(), 3);
  EXPECT_TRUE(windows.stable());
}

TEST(MeasurementWindowsTest, WindowsWithoutReplyAreNotStable) {
  EXPECT_FALSE(Play({{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}}).stable());
}

TEST(MeasurementWindowsTest, NothingEndsBeforeTheStart) {
  MeasurementWindows windows(Options());
  EXPECT_FALSE(windows.Advance(absl::Hours(1)));
  EXPECT_EQ(windows.trials(), 0);
}

}  // namespace
}  // namespace strobe::client
