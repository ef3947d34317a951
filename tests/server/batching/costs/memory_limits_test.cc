#include "server/batching/costs/memory_limits.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr Stage kStage = Stage::kDenoise;
constexpr BatchKey kKey{0, 512, 512};
constexpr BatchKey kOther{0, 256, 256};

class MemoryLimitsTest : public testing::Test {
 protected:
  int Cap(absl::Duration later = absl::ZeroDuration(), int most = 8) const {
    return limits_.Cap(kStage, kKey, most, now_ + later);
  }

  MemoryLimits limits_;
  absl::Time now_ = absl::FromUnixSeconds(1577836800);
};

TEST_F(MemoryLimitsTest, EverythingMayBeTriedAtFirst) { EXPECT_EQ(Cap(), 8); }

TEST_F(MemoryLimitsTest, ABatchThatDidNotFitHalvesTheBatchesOfItsStageAndSizeAlone) {
  EXPECT_FALSE(limits_.DidNotFit(kStage, kKey, 8, now_));
  EXPECT_EQ(Cap(), 4);
  EXPECT_EQ(Cap(absl::ZeroDuration(), 3), 3);
  EXPECT_EQ(limits_.Cap(kStage, kOther, 8, now_), 8);
  EXPECT_EQ(limits_.Cap(Stage::kDecode, kKey, 8, now_), 8);
}

TEST_F(MemoryLimitsTest, HalvesAgainDownToOneSample) {
  for (const auto& [size, cap] : {std::pair(7, 3), std::pair(3, 1), std::pair(1, 1)}) {
    limits_.DidNotFit(kStage, kKey, size, now_);
    EXPECT_EQ(Cap(), cap);
  }
}

TEST_F(MemoryLimitsTest, ALargerBatchThatWasUnderWayDoesNotUnlearnTheLesson) {
  limits_.DidNotFit(kStage, kKey, 4, now_);
  limits_.DidNotFit(kStage, kKey, 8, now_);
  EXPECT_EQ(Cap(), 2);
}

TEST_F(MemoryLimitsTest, TheCapDoublesEveryMinuteWhileNothingGoesWrong) {
  limits_.DidNotFit(kStage, kKey, 4, now_);
  EXPECT_EQ(Cap(absl::Seconds(59)), 2);
  EXPECT_EQ(Cap(absl::Seconds(60)), 4);
  EXPECT_EQ(Cap(absl::Seconds(119)), 4);
  EXPECT_EQ(Cap(absl::Seconds(120)), 8);
  EXPECT_EQ(Cap(absl::Hours(1000)), 8);
}

TEST_F(MemoryLimitsTest, ALessonThatRepeatsItselfHoldsTwiceAsLongUpToAnHour) {
  absl::Duration hold = absl::Minutes(1);
  for (int i = 0; i < 10; ++i) {
    limits_.DidNotFit(kStage, kKey, 8, now_);
    EXPECT_EQ(Cap(hold - absl::Seconds(1)), 4) << i;
    EXPECT_EQ(Cap(hold), 8) << i;
    now_ += hold;
    hold = std::min(2 * hold, absl::Hours(1));
  }
}

TEST_F(MemoryLimitsTest, ThreeInARowThatOnceFittedMeanThatTheMemoryIsGone) {
  limits_.Fitted(kStage, kKey);
  EXPECT_FALSE(limits_.DidNotFit(kStage, kKey, 1, now_));
  EXPECT_FALSE(limits_.DidNotFit(kStage, kKey, 1, now_));
  EXPECT_TRUE(limits_.DidNotFit(kStage, kKey, 1, now_));
}

TEST_F(MemoryLimitsTest, AnythingThatRunsInBetweenShowsThatItIsNot) {
  limits_.Fitted(kStage, kKey);
  limits_.DidNotFit(kStage, kKey, 1, now_);
  limits_.DidNotFit(kStage, kKey, 1, now_);
  limits_.Fitted(Stage::kDecode, kOther);
  EXPECT_FALSE(limits_.DidNotFit(kStage, kKey, 1, now_));
}

TEST_F(MemoryLimitsTest, ASizeThatNeverFittedProvesNothingHoweverOftenItIsAskedFor) {
  limits_.Fitted(kStage, kOther);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limits_.DidNotFit(kStage, kKey, 1, now_));
}

TEST_F(MemoryLimitsTest, BatchesOfSeveralNeverMeanThatTheMemoryIsGone) {
  limits_.Fitted(kStage, kKey);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limits_.DidNotFit(kStage, kKey, 2, now_));
}

}  // namespace
}  // namespace strobe::server
