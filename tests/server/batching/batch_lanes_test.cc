// Several lanes and devices behind one queue: who takes what.

#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/batching/batch_policy.h"
#include "tests/server/batching/batcher_fixture.h"

namespace strobe::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<WaitingSample> Waiting(int count, Stage stage, int device = kNoDevice) {
  WaitingSample sample;
  sample.key = kFakeKey;
  while (sample.plan.next() != stage) sample.plan.Advance();
  sample.device = device;
  return std::vector<WaitingSample>(count, sample);
}

std::vector<int> Chosen(const std::vector<WaitingSample>& waiting, const PolicyLane& lane) {
  const PolicyDecision decision =
      ChooseBatch(waiting, CostModel(), absl::UnixEpoch(), BatchPolicyOptions(), lane);
  return decision.batch.has_value() ? decision.batch->members : std::vector<int>();
}

TEST(BatchLanesTest, FreeLanesShareWhatWaits) {
  for (const auto& [waiting, free_lanes, taken] : std::vector<std::array<int, 3>>{
           {8, 1, 8}, {8, 2, 4}, {5, 2, 3}, {1, 4, 1}, {40, 2, 16}, {3, 8, 1}}) {
    EXPECT_THAT(Chosen(Waiting(waiting, Stage::kDenoise, 0), {0, free_lanes, free_lanes}),
                SizeIs(taken))
        << waiting << " samples, " << free_lanes << " lanes";
  }
}

TEST(BatchLanesTest, OnlyPromptsAreSharedWithFreeLanesOfOtherDevices) {
  const PolicyLane lane = {.device = 0, .free_lanes_of_device = 1, .free_lanes = 2};
  EXPECT_THAT(Chosen(Waiting(8, Stage::kEncodePrompt), lane), SizeIs(4));
  EXPECT_THAT(Chosen(Waiting(8, Stage::kDenoise, 0), lane), SizeIs(8));
}

TEST(BatchLanesTest, SamplesStayOnTheDeviceWhereTheyHaveBegun) {
  std::vector<WaitingSample> waiting = Waiting(3, Stage::kDenoise, 0);
  waiting[1].device = 1;
  EXPECT_THAT(Chosen(waiting, {.device = 0}), ElementsAre(0, 2));
  EXPECT_THAT(Chosen(waiting, {.device = 1}), ElementsAre(1));
  EXPECT_THAT(Chosen(waiting, {.device = 2}), IsEmpty());
}

TEST(BatchLanesTest, SamplesThatAreLateOnAnyDeviceAreNamed) {
  std::vector<WaitingSample> waiting = Waiting(1, Stage::kDenoise, 1);
  waiting[0].due = absl::UnixEpoch();
  const PolicyDecision decision =
      ChooseBatch(waiting, CostModel(), absl::UnixEpoch(), BatchPolicyOptions(), {.device = 0});
  EXPECT_THAT(decision.late, ElementsAre(0));
}

class BatcherLanesTest : public BatcherFixture {};

TEST_F(BatcherLanesTest, LanesOfADeviceRunSideBySide) {
  engine.lanes = 2;
  engine.Block();
  Start();
  const Submitted made = Submit("shared", /*steps=*/2, /*images=*/8);
  engine.WaitForCalls(2);  // neither has gone on yet
  EXPECT_EQ(batcher->load().running_samples + batcher->load().waiting_samples, 8);
  EXPECT_FALSE(batcher->idle());
  engine.Release();
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  for (const EngineCall& call : engine.calls()) EXPECT_LT(call.prompts.size(), 8u);
  for (const SampleResult& picture : made.sink->pictures()) {
    EXPECT_EQ(picture.image.pixels,
              FakeStageEngine::PictureOf(made.task->request().samples[picture.index], 2).pixels);
  }
}

TEST_F(BatcherLanesTest, ThePredictedWorkIsSharedByAllLanes) {
  CostModel costs;
  costs.Observe(Stage::kEncodePrompt, kFakeKey, 1, absl::Milliseconds(10));
  costs.Observe(Stage::kDenoise, kFakeKey, 1, absl::Milliseconds(20));
  costs.Observe(Stage::kDecode, kFakeKey, 1, absl::Milliseconds(30));
  engine.lanes = 2;
  engine.Block();
  Start(/*max_batch_size=*/1, costs);
  const Submitted made = Submit("waits", /*steps=*/1, /*images=*/4);
  engine.WaitForCalls(2);
  EXPECT_EQ(batcher->load().predicted_work, absl::Milliseconds(4 * 60 / 2));
}

TEST_F(BatcherLanesTest, EachDeviceFinishesWhatItHasBegun) {
  FakeStageEngine other(&clock);
  engine.Block();
  other.Block();
  batcher = std::make_unique<RequestBatcher>(BatchingOptions{}, clock, consumer, metrics);
  const Submitted made = Submit("both", /*steps=*/3, /*images=*/8);
  batcher->Start({{&engine, 1}, {&other, 1}}, DeviceCosts());
  engine.WaitForCalls(1);
  other.WaitForCalls(1);
  engine.Release();
  other.Release();
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  EXPECT_EQ(made.sink->violations(), 0);
  for (const FakeStageEngine* device : {&engine, &other}) {
    std::map<Stage, int> samples;
    for (const EngineCall& call : device->calls()) {
      samples[call.stage] += static_cast<int>(call.prompts.size());
    }
    EXPECT_EQ(samples[Stage::kDenoise], 3 * samples[Stage::kEncodePrompt]);
    EXPECT_EQ(samples[Stage::kDecode], samples[Stage::kEncodePrompt]);
  }
  batcher.reset();
  EXPECT_EQ(other.live_samples(), 0);
}

TEST_F(BatcherLanesTest, WhatWasSubmittedBeforeTheStartIsFailedWhenItNeverComes) {
  batcher = std::make_unique<RequestBatcher>(BatchingOptions{}, clock, consumer, metrics);
  const Submitted made = Submit("never");
  batcher->Stop();
  EXPECT_EQ(made.sink->WaitForEnd().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace strobe::server
