// Two devices behind one queue, one ten times slower than the other.

#include <memory>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/batching/batch_scheduler.h"
#include "tests/fakes/recording_sink.h"

namespace strobe::server {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr BatchKey kKey{0, 64, 64};
constexpr int kFast = 0;  // device and lane
constexpr int kSlow = 1;
const absl::Time kNow = absl::FromUnixSeconds(1'600'000'000);

absl::Duration Ms(double ms) { return absl::Milliseconds(1) * ms; }

// One picture of one step takes 15 ms times `factor`; larger batches take no longer.
CostModel Costs(double factor) {
  CostModel costs;
  for (const int size : {1, 8}) {
    costs.Observe(Stage::kEncodePrompt, kKey, size, factor * Ms(1));
    costs.Observe(Stage::kDenoise, kKey, size, factor * Ms(10));
    costs.Observe(Stage::kDecode, kKey, size, factor * Ms(4));
  }
  return costs;
}

class UnlikeDevicesTest : public ::testing::Test {
 protected:
  UnlikeDevicesTest() {
    scheduler_.SetCosts(DeviceCosts({Costs(1), Costs(10)}));
    EXPECT_EQ(scheduler_.AddLane(kFast), kFast);
    EXPECT_EQ(scheduler_.AddLane(kSlow), kSlow);
  }

  void Add(absl::Duration time_left) {
    GenerationRequest request;
    request.arrival = kNow;
    request.deadline = kNow + time_left;
    request.samples.resize(1);
    request.samples[0].width = request.samples[0].height = 64;
    scheduler_.Add(
        std::make_shared<GenerationTask>(std::move(request), std::make_shared<RecordingSink>()),
        kNow);
  }

  void Finish(int lane, BatchScheduler::Decision& decision, absl::Duration took) {
    BatchResult result;
    result.batch_size = static_cast<int>(decision.members.size());
    result.duration = took;
    result.goes_on.assign(decision.members.size(), true);
    for (const auto& sample : decision.members) sample->plan.Advance();
    scheduler_.Finish(lane, decision.batch, decision.members, result, kNow + took);
  }

  prometheus::Registry registry_;
  BatchMetrics metrics_{registry_};
  BatchScheduler scheduler_{{.hang_timeout = absl::ZeroDuration()}, metrics_};
};

TEST_F(UnlikeDevicesTest, TheSlowOneLeavesWhatOnlyTheFastOneHasInTime) {
  Add(Ms(100));
  EXPECT_TRUE(scheduler_.HasWorkFor(kSlow));
  const auto declined = scheduler_.Decide(kSlow, kNow);
  EXPECT_THAT(declined.late, IsEmpty());
  EXPECT_THAT(declined.members, IsEmpty());
  EXPECT_FALSE(scheduler_.HasWorkFor(kSlow)) << "it would ask again and again";
  EXPECT_TRUE(scheduler_.HasWorkFor(kFast));
  EXPECT_THAT(scheduler_.Decide(kFast, kNow).members, SizeIs(1));
}

TEST_F(UnlikeDevicesTest, TheSlowOneIsAskedAgainWhenSomethingHasChanged) {
  Add(Ms(100));
  scheduler_.Decide(kSlow, kNow);
  Add(absl::InfiniteDuration());
  EXPECT_TRUE(scheduler_.HasWorkFor(kSlow));
  EXPECT_THAT(scheduler_.Decide(kSlow, kNow).members, SizeIs(1));
}

TEST_F(UnlikeDevicesTest, TheSlowOneTakesOnlyWhatItIsExpectedToHaveInTime) {
  Add(Ms(200));  // 150 ms, but what has not begun needs a margin of a half
  EXPECT_THAT(scheduler_.Decide(kSlow, kNow).members, IsEmpty());
  Add(Ms(225));
  EXPECT_THAT(scheduler_.Decide(kSlow, kNow).members, SizeIs(1));
}

TEST_F(UnlikeDevicesTest, OnlyWhatNoDeviceHasInTimeIsLate) {
  Add(Ms(15));
  EXPECT_THAT(scheduler_.Decide(kSlow, kNow).late, IsEmpty());
  Add(Ms(14));
  EXPECT_THAT(scheduler_.Decide(kSlow, kNow).late, SizeIs(1));
}

TEST_F(UnlikeDevicesTest, WhatHasBegunOnTheSlowOneIsLateByItsTimes) {
  Add(Ms(225));
  auto begun = scheduler_.Decide(kSlow, kNow);
  Finish(kSlow, begun, Ms(100));  // ten times as long as it should: 125 ms left of 140
  EXPECT_THAT(scheduler_.Decide(kFast, kNow + Ms(100)).members, IsEmpty());
  EXPECT_THAT(scheduler_.Decide(kSlow, kNow + Ms(100)).late, SizeIs(1));
}

TEST_F(UnlikeDevicesTest, EachLearnsItsOwnTimes) {
  Add(absl::InfiniteDuration());
  auto batch = scheduler_.Decide(kSlow, kNow);
  Finish(kSlow, batch, Ms(20));  // twice as long
  EXPECT_EQ(scheduler_.costs().of(kSlow).Predict(Stage::kEncodePrompt, kKey, 1), Ms(12));
  EXPECT_EQ(scheduler_.costs().of(kFast).Predict(Stage::kEncodePrompt, kKey, 1), Ms(1));
}

TEST_F(UnlikeDevicesTest, AStageHangsByTheTimesOfItsDevice) {
  Add(absl::InfiniteDuration());
  EXPECT_THAT(scheduler_.Decide(kSlow, kNow).members, SizeIs(1));
  EXPECT_FALSE(scheduler_.FindHungStage(kNow + Ms(200)).has_value());  // 20 times 10 ms
  EXPECT_TRUE(scheduler_.FindHungStage(kNow + Ms(201)).has_value());
}

TEST_F(UnlikeDevicesTest, TheSlowLaneCountsAsATenthInTheWait) {
  for (int i = 0; i < 11; ++i) Add(absl::InfiniteDuration());
  WaitingSample newcomer;
  newcomer.key = kKey;
  newcomer.arrival = kNow + absl::Seconds(1);  // behind all of them
  // 15 ms by 8 for each, in the largest batch seen, on a lane and a tenth.
  const absl::Duration expected = 11 * Ms(15) / 8 / 1.1;
  const absl::Duration wait = scheduler_.PredictWait(newcomer, 1, "", kNow + absl::Seconds(1));
  EXPECT_NEAR(absl::ToDoubleMilliseconds(wait), absl::ToDoubleMilliseconds(expected), 0.01);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(scheduler_.load().predicted_work),
              absl::ToDoubleMilliseconds(expected), 0.01);
}

}  // namespace
}  // namespace strobe::server
