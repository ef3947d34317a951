#include "server/batching/batch_policy.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/clock.h"

namespace strobe::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr BatchKey kKey{0, 64, 64};
constexpr BatchKey kOtherKey{0, 128, 128};
const absl::Time kNow = absl::FromUnixSeconds(1'600'000'000);

absl::Duration Ms(double ms) { return absl::Milliseconds(1) * ms; }

// encode 10 ms whatever the batch, denoise and decode linear: no gain from batching.
CostModel LinearCosts() {
  CostModel costs;
  for (const BatchKey& key : {kKey, kOtherKey}) {
    costs.Observe(Stage::kEncodePrompt, key, 1, Ms(10));
    costs.Observe(Stage::kEncodePrompt, key, 8, Ms(10));
    // Larger batches are extrapolated; measured ones would not be made.
    costs.Observe(Stage::kDenoise, key, 1, Ms(100));
    costs.Observe(Stage::kDecode, key, 1, Ms(40));
    costs.Observe(Stage::kPreview, key, 1, Ms(10));
  }
  return costs;
}

// Any batch takes 100 ms a step.
CostModel FlatCosts() {
  CostModel costs;
  costs.Observe(Stage::kEncodePrompt, kKey, 1, Ms(10));
  costs.Observe(Stage::kEncodePrompt, kKey, 8, Ms(10));
  costs.Observe(Stage::kDenoise, kKey, 1, Ms(100));
  costs.Observe(Stage::kDenoise, kKey, 8, Ms(100));
  costs.Observe(Stage::kDecode, kKey, 1, Ms(40));
  costs.Observe(Stage::kDecode, kKey, 8, Ms(40));
  return costs;
}

// `deadline_ms` from now, 0: none; arrived `age_ms` ago.
WaitingSample At(Stage stage, double deadline_ms = 0, double age_ms = 0) {
  WaitingSample sample;
  sample.key = kKey;
  sample.steps_done = stage == Stage::kEncodePrompt ? 0 : stage == Stage::kDenoise ? 1 : 2;
  sample.plan = StagePlan(model::kTextToImage, 2 - sample.steps_done);
  while (sample.plan.next() != stage) sample.plan.Advance();
  sample.least_steps_left = sample.plan.steps_left();
  sample.arrival = kNow - Ms(age_ms);
  if (deadline_ms != 0) sample.due = kNow + Ms(deadline_ms);
  return sample;
}

PolicyDecision Choose(const std::vector<WaitingSample>& waiting,
                      const CostModel& costs = LinearCosts(), int max_batch_size = 8) {
  return ChooseBatch(waiting, costs, kNow, {.max_batch_size = max_batch_size});
}

TEST(BatchPolicyTest, NothingWaitsNothingRuns) { EXPECT_FALSE(Choose({}).batch.has_value()); }

TEST(BatchPolicyTest, ASingleSampleRunsAtOnce) {
  const PolicyDecision decision = Choose({At(Stage::kDenoise)});
  ASSERT_TRUE(decision.batch.has_value());
  EXPECT_EQ(decision.batch->stage, Stage::kDenoise);
  EXPECT_EQ(decision.batch->key, kKey);
  EXPECT_THAT(decision.batch->members, ElementsAre(0));
}

TEST(BatchPolicyTest, TheEarliestDeadlineSetsTheStageAndIsJoinedInDeadlineOrder) {
  const PolicyDecision decision =
      Choose({At(Stage::kDenoise, 5000), At(Stage::kDecode, 4000), At(Stage::kDenoise, 3000),
              At(Stage::kEncodePrompt, 6000), At(Stage::kDenoise, 4500)});
  EXPECT_EQ(decision.batch->stage, Stage::kDenoise);
  EXPECT_THAT(decision.batch->members, ElementsAre(2, 4, 0));
}

TEST(BatchPolicyTest, SamplesOfAnotherSizeOrModelNeverShareABatch) {
  WaitingSample larger = At(Stage::kDenoise, 4000);
  larger.key = kOtherKey;
  WaitingSample other_model = At(Stage::kDenoise, 5000);
  other_model.key.model = 1;
  const PolicyDecision decision =
      Choose({At(Stage::kDenoise, 3000), larger, other_model, At(Stage::kDenoise, 9000)});
  EXPECT_THAT(decision.batch->members, ElementsAre(0, 3));
}

TEST(BatchPolicyTest, ABatchIsNeverLargerThanTheLimit) {
  const std::vector<WaitingSample> waiting(20, At(Stage::kDenoise));
  EXPECT_THAT(Choose(waiting, LinearCosts(), 8).batch->members, SizeIs(8));
  EXPECT_THAT(Choose(waiting, LinearCosts(), 1).batch->members, SizeIs(1));
}

TEST(BatchPolicyTest, NoBatchIsMadeWhereASecondSampleCostsAsMuchAsASecondCall) {
  CostModel costs;
  for (int size = 1; size <= 8; ++size) {
    costs.Observe(Stage::kDenoise, kKey, size, Ms(100) * size);
    costs.Observe(Stage::kDecode, kKey, size, Ms(12) + Ms(10) * size);
  }
  EXPECT_THAT(Choose(std::vector<WaitingSample>(8, At(Stage::kDenoise)), costs).batch->members,
              SizeIs(1));
  EXPECT_THAT(Choose(std::vector<WaitingSample>(8, At(Stage::kDecode)), costs).batch->members,
              SizeIs(7));  // 8 would save less than 2 % a sample
}

// FlatCosts: a full step takes 100 ms, which is the quantum of fairness.
TEST(BatchPolicyTest, ACallerThatHasHadMoreThanItsShareComesLast) {
  WaitingSample hog = At(Stage::kDenoise, 3000);
  WaitingSample other = At(Stage::kDenoise, 4000);
  hog.caller_service = Ms(100);
  EXPECT_THAT(Choose({hog, other}, FlatCosts(), 1).batch->members, ElementsAre(0));
  hog.caller_service = Ms(101);
  EXPECT_THAT(Choose({hog, other}, FlatCosts(), 1).batch->members, ElementsAre(1));
  EXPECT_THAT(Choose({hog, other}, FlatCosts(), 2).batch->members, ElementsAre(1, 0));
  EXPECT_THAT(Choose({hog}, FlatCosts(), 1).batch->members, ElementsAre(0));
}

TEST(BatchPolicyTest, ALargeSizeDoesNotBlockASmallOne) {
  WaitingSample large = At(Stage::kDenoise, 0, /*age_ms=*/900);
  large.key = kOtherKey;
  large.key_service = Ms(5000);
  const WaitingSample small = At(Stage::kDenoise);
  EXPECT_THAT(Choose({large, large, small}).batch->members, ElementsAre(2));
}

TEST(BatchPolicyTest, SizesAreBalancedAmongCallersThatAreLevel) {
  // The least served size belongs to a caller that has had enough.
  WaitingSample hog = At(Stage::kDenoise, 3000);
  hog.caller_service = Ms(5000);
  WaitingSample other = At(Stage::kDenoise, 4000);
  other.key = kOtherKey;
  other.key_service = Ms(5000);
  EXPECT_THAT(Choose({hog, other}).batch->members, ElementsAre(1));
}

TEST(BatchPolicyTest, ABatchGrowsOnlyWhileEveryMemberStillMakesItsDeadline) {
  // A batch of three takes 300 ms for this step, one of four 400; two of them decode in 80.
  std::vector<WaitingSample> waiting(8, At(Stage::kDenoise, 9000));
  waiting[3] = At(Stage::kDenoise, 450);
  EXPECT_THAT(Choose(waiting).batch->members, ElementsAre(3, 0, 1));
}

TEST(BatchPolicyTest, ANewcomerThatWouldBeLateInTheBatchIsPassedOver) {
  // 1 has more steps left than 2: a batch of two (200 ms) and then its 140 ms are too much.
  WaitingSample long_one = At(Stage::kDenoise, 330);
  long_one.plan.SetSteps(long_one.least_steps_left = 2);
  long_one.steps_done = 0;
  const PolicyDecision decision =
      Choose({At(Stage::kDenoise, 320), long_one, At(Stage::kDenoise, 5000)});
  EXPECT_THAT(decision.late, IsEmpty());
  EXPECT_THAT(decision.batch->members, ElementsAre(0, 2));
}

TEST(BatchPolicyTest, OnlyWhatIsCertainToMissItsDeadlineIsLate) {
  const struct {
    Stage stage;
    double least_ms;  // alone: 10 + 2 * 100 + 40, 100 + 40, 40
  } kCases[] = {{Stage::kEncodePrompt, 250}, {Stage::kDenoise, 140}, {Stage::kDecode, 40}};
  for (const auto& [stage, least_ms] : kCases) {
    const PolicyDecision decision = Choose({At(stage, least_ms - 1), At(stage, least_ms)});
    EXPECT_THAT(decision.late, ElementsAre(0));
    EXPECT_THAT(decision.batch->members, ElementsAre(1));
  }
}

TEST(BatchPolicyTest, WhatIsExpectedToBeLateRunsOnlyWhenNothingElseCan) {
  CostModel costs = LinearCosts();
  costs.Restore({Stage::kDenoise, kKey, 1, /*mean=*/Ms(100), /*best=*/Ms(20)});
  const WaitingSample doomed = At(Stage::kDenoise, 100);  // 140 ms as a rule, 60 at best
  const PolicyDecision decision = Choose({doomed, At(Stage::kDenoise, 5000)}, costs);
  EXPECT_THAT(decision.late, IsEmpty());
  EXPECT_THAT(decision.batch->members, ElementsAre(1));
  EXPECT_THAT(Choose({doomed}, costs).batch->members, ElementsAre(0));
}

TEST(BatchPolicyTest, WhatHasNotBegunNeedsAMarginToComeBeforeLaterDeadlines) {
  // 10 + 2 * 100 + 40 = 250 ms as a rule, 375 with the margin.
  const WaitingSample close = At(Stage::kEncodePrompt, 374), wide = At(Stage::kEncodePrompt, 5000);
  EXPECT_EQ(Choose({close, wide}).batch->members.front(), 1);
  EXPECT_EQ(Choose({At(Stage::kEncodePrompt, 376), wide}).batch->members.front(), 0);
}

TEST(BatchPolicyTest, SlowTimesMakeNobodyLateWhomTheBestTimesAllow) {
  CostModel costs = LinearCosts();
  for (int i = 0; i < 10; ++i) costs.Observe(Stage::kDenoise, kKey, 1, Ms(10'000));
  ASSERT_GT(costs.Predict(Stage::kDenoise, kKey, 1), Ms(500));
  const PolicyDecision decision =
      Choose({At(Stage::kDenoise, 139), At(Stage::kDenoise, 140), At(Stage::kDenoise, 150)}, costs);
  EXPECT_THAT(decision.late, ElementsAre(0));
  EXPECT_THAT(decision.batch->members, ElementsAre(1));  // by the mean there is no room for 2
}

TEST(BatchPolicyTest, APassedDeadlineIsLateEvenWhenNoCostIsKnown) {
  EXPECT_THAT(Choose({At(Stage::kDecode, -1)}, CostModel()).late, ElementsAre(0));
  EXPECT_THAT(Choose({At(Stage::kDecode, 1)}, CostModel()).late, IsEmpty());
}

TEST(BatchPolicyTest, WithoutDeadlinesWorkThatIsNearerToItsEndComesFirstThenTheOldest) {
  std::vector<WaitingSample> waiting = {At(Stage::kEncodePrompt, 0, 900),
                                        At(Stage::kDenoise, 0, 500), At(Stage::kDecode, 0, 100),
                                        At(Stage::kDecode, 0, 200), At(Stage::kDenoise, 0, 700)};
  EXPECT_THAT(Choose(waiting).batch->members, ElementsAre(3, 2));
  waiting.erase(waiting.begin() + 2, waiting.begin() + 4);
  EXPECT_THAT(Choose(waiting).batch->members, ElementsAre(2, 1));
  waiting.erase(waiting.begin() + 1, waiting.end());
  EXPECT_THAT(Choose(waiting).batch->members, ElementsAre(0));
}

TEST(BatchPolicyTest, ADeadlineComesBeforeNoneAndInteractiveBeforeBatch) {
  WaitingSample batch = At(Stage::kDecode, 0, 100);
  batch.priority = Priority::kBatch;
  WaitingSample batch_with_deadline = At(Stage::kDecode, 50, 100);
  batch_with_deadline.priority = Priority::kBatch;
  std::vector<WaitingSample> waiting = {batch, batch_with_deadline, At(Stage::kDenoise, 0, 5),
                                        At(Stage::kEncodePrompt, 9000)};
  for (const int expected : {3, 2, 1, 0}) {
    EXPECT_THAT(Choose(waiting, LinearCosts(), 1).batch->members, ElementsAre(expected));
    waiting.pop_back();
  }
}

TEST(BatchPolicyTest, AgedSamplesAreNotStarved) {
  WaitingSample batch = At(Stage::kEncodePrompt, 0, 61'000);
  batch.priority = Priority::kBatch;
  const WaitingSample aged = At(Stage::kEncodePrompt, 0, 32'000);
  const WaitingSample far_deadline = At(Stage::kDecode, 3'600'000, 30'500);
  EXPECT_THAT(Choose({At(Stage::kDecode, 100), batch}, LinearCosts(), 1).batch->members,
              ElementsAre(1));
  EXPECT_THAT(Choose({At(Stage::kDecode, 100), aged, batch}, LinearCosts(), 1).batch->members,
              ElementsAre(1));
  EXPECT_THAT(Choose({At(Stage::kDecode, 100), far_deadline}, LinearCosts(), 1).batch->members,
              ElementsAre(1));
}

TEST(BatchPolicyTest, BestEffortIsDecodedWhenItsNextStepWouldMissTheDeadline) {
  WaitingSample sample = At(Stage::kDenoise, 139);
  sample.deadline_policy = DeadlinePolicy::kBestEffort;
  EXPECT_EQ(Choose({sample}).batch->stage, Stage::kDecode);
  sample.due = kNow + Ms(140);
  EXPECT_EQ(Choose({sample}).batch->stage, Stage::kDenoise);
  sample.due = kNow + Ms(39);  // not even the decode fits
  EXPECT_THAT(Choose({sample}).late, ElementsAre(0));
}

TEST(BatchPolicyTest, BestEffortGoesByTheTimeOfTheBatchesInWhichAllThatIsDueGoes) {
  // A step takes 50 ms and 10 a sample, a decode 20 and 5 a sample.
  CostModel costs = FlatCosts();
  for (int size = 1; size <= 8; ++size) {
    costs.Restore({Stage::kDenoise, kKey, size, Ms(50 + 10 * size), Ms(50 + 10 * size)});
    costs.Restore({Stage::kDecode, kKey, size, Ms(20 + 5 * size), Ms(20 + 5 * size)});
  }
  WaitingSample later = At(Stage::kDenoise, 5000);
  later.deadline_policy = DeadlinePolicy::kBestEffort;
  const struct {
    int images;
    double least_ms;  // for one more step
    Stage beside;     // another image of the request waits for it; kPreview: there is none
  } kCases[] = {
      {1, 60 + 25, Stage::kPreview},  {2, 70 + 30, Stage::kPreview},
      {8, 130 + 60, Stage::kPreview}, {12, 130 + 90 + 60 + 40, Stage::kPreview},  // two batches
      {3, 80 + 40, Stage::kDecode},   {3, 10 + 90 + 40, Stage::kEncodePrompt}};
  for (const auto& [images, least_ms, beside] : kCases) {
    for (const double time_left : {least_ms - 1, least_ms}) {
      WaitingSample image = At(Stage::kDenoise, time_left);
      image.deadline_policy = DeadlinePolicy::kBestEffort;
      image.siblings = images + (beside != Stage::kPreview);
      std::vector<WaitingSample> waiting(images, image);
      if (beside != Stage::kPreview) {
        image.plan = At(beside).plan;
        image.steps_done = 0;
        image.order = 1;
        waiting.push_back(image);
      }
      waiting.push_back(later);
      const PolicyDecision decision = Choose(waiting, costs);
      EXPECT_THAT(decision.late, IsEmpty());
      EXPECT_EQ(decision.batch->stage, time_left < least_ms ? Stage::kDecode : Stage::kDenoise)
          << images << " with " << time_left << " ms";
    }
  }
}

TEST(BatchPolicyTest, ARequestIsLateWhenItsImagesTogetherAre) {
  // Three of a request are decoded in 40 ms each, one after the other.
  WaitingSample image = At(Stage::kDecode, 119);
  image.siblings = 3;
  EXPECT_THAT(Choose({image, image, image}).late, ElementsAre(0, 1, 2));
  image.due = kNow + Ms(120);
  EXPECT_THAT(Choose({image, image, image}).late, IsEmpty());
  image.due = kNow + Ms(80);  // beside two in another lane
  EXPECT_THAT(ChooseBatch({image}, LinearCosts(), kNow, {}, {.free_lanes = 2, .lanes = 2}).late,
              IsEmpty());
}

TEST(BatchPolicyTest, BestEffortNeedsOnlyOneStep) {
  WaitingSample sample = At(Stage::kEncodePrompt, 150);
  sample.plan.SetSteps(sample.least_steps_left = 4);
  EXPECT_THAT(Choose({sample}).late, ElementsAre(0));
  sample.deadline_policy = DeadlinePolicy::kBestEffort;
  EXPECT_THAT(Choose({sample}).late, IsEmpty());
  sample.due = kNow + Ms(149);
  EXPECT_THAT(Choose({sample}).late, ElementsAre(0));
}

TEST(BatchPolicyTest, PromptsJoinADenoisingBatchWhenTheFullerBatchIsCheaper) {
  const std::vector<WaitingSample> waiting = {At(Stage::kDenoise, 0, 100), At(Stage::kEncodePrompt),
                                              At(Stage::kEncodePrompt)};
  const PolicyDecision joined = Choose(waiting, FlatCosts());
  EXPECT_EQ(joined.batch->stage, Stage::kEncodePrompt);
  EXPECT_THAT(joined.batch->members, ElementsAre(1, 2));
  EXPECT_EQ(Choose(waiting, LinearCosts()).batch->stage, Stage::kDenoise);
  EXPECT_EQ(Choose(waiting, CostModel()).batch->stage, Stage::kDenoise);
}

TEST(BatchPolicyTest, PromptsJoinAnAlmostFullBatchWhenOthersWaitForTheTimeThatItSaves) {
  CostModel costs = FlatCosts();
  for (int size = 1; size <= 8; ++size) {
    costs.Restore({Stage::kDenoise, kKey, size, Ms(50 + 10 * size), Ms(50 + 10 * size)});
  }
  // Seven members lose 10 ms for the prompt and 10 for the fuller batch each; the joiner gains the
  // 120 ms of the batch, and every other prompt the 50 that a call of its own costs beside a row.
  std::vector<WaitingSample> waiting(7, At(Stage::kDenoise, 0, 100));
  waiting.push_back(At(Stage::kEncodePrompt));
  EXPECT_EQ(Choose(waiting, costs).batch->stage, Stage::kDenoise);
  waiting.push_back(At(Stage::kEncodePrompt));
  EXPECT_EQ(Choose(waiting, costs).batch->stage, Stage::kEncodePrompt);
  EXPECT_THAT(Choose(waiting, costs).batch->members, ElementsAre(7));
}

TEST(BatchPolicyTest, PromptsDoNotJoinWhenTheBatchIsFullOrSomebodyWouldBeLate) {
  std::vector<WaitingSample> waiting(8, At(Stage::kDenoise));
  waiting.push_back(At(Stage::kEncodePrompt));
  EXPECT_EQ(Choose(waiting, FlatCosts()).batch->stage, Stage::kDenoise);
  EXPECT_EQ(Choose({At(Stage::kDenoise, 149), At(Stage::kEncodePrompt)}, FlatCosts()).batch->stage,
            Stage::kDenoise);
  EXPECT_EQ(Choose({At(Stage::kDenoise, 150), At(Stage::kEncodePrompt)}, FlatCosts()).batch->stage,
            Stage::kEncodePrompt);
}

TEST(BatchPolicyTest, APromptDoesNotWaitForThoseThatFillUpTheBatchOfSomebodyMoreUrgent) {
  std::vector<WaitingSample> waiting(8, At(Stage::kDenoise));
  waiting[0].due = kNow + Ms(150);  // 10 for the prompt, 100 and 40 for the rest
  waiting.push_back(At(Stage::kEncodePrompt, 1000));
  waiting.push_back(At(Stage::kEncodePrompt));
  const PolicyDecision joined = Choose(waiting, FlatCosts());
  EXPECT_EQ(joined.batch->stage, Stage::kEncodePrompt);
  EXPECT_THAT(joined.batch->members, ElementsAre(8, 9));
  // Not where the more urgent one would be late, nor for a prompt that is the least urgent.
  waiting[0].due = kNow + Ms(149);
  EXPECT_EQ(Choose(waiting, FlatCosts()).batch->stage, Stage::kDenoise);
  waiting[0].due = kNow + Ms(150);
  waiting.erase(waiting.begin() + 8);
  EXPECT_EQ(Choose(waiting, FlatCosts()).batch->stage, Stage::kDenoise);
}

TEST(BatchPolicyTest, PartialImagesAreMadeWhenNothingElseWaits) {
  WaitingSample wants_preview = At(Stage::kDenoise);
  wants_preview.preview_due = true;
  const PolicyDecision decision = Choose({wants_preview, wants_preview});
  EXPECT_EQ(decision.batch->stage, Stage::kPreview);
  EXPECT_THAT(decision.batch->members, ElementsAre(0, 1));
  EXPECT_THAT(decision.dropped_previews, IsEmpty());
}

TEST(BatchPolicyTest, PartialImagesAreDroppedForOtherWorkAndForTheDeadline) {
  WaitingSample wants_preview = At(Stage::kDenoise);
  wants_preview.preview_due = true;
  const PolicyDecision busy = Choose({wants_preview, At(Stage::kEncodePrompt)});
  EXPECT_THAT(busy.dropped_previews, ElementsAre(0));
  EXPECT_NE(busy.batch->stage, Stage::kPreview);
  EXPECT_EQ(busy.batch->stage, Stage::kDenoise);

  wants_preview.due = kNow + Ms(149);  // 10 for the partial image, 100 and 40 for the rest
  EXPECT_THAT(Choose({wants_preview}).dropped_previews, ElementsAre(0));
  wants_preview.due = kNow + Ms(150);
  EXPECT_EQ(Choose({wants_preview}).batch->stage, Stage::kPreview);
}

TEST(BatchPolicyTest, DecidesFastAmongAThousandSamples) {
  constexpr Stage kStages[] = {Stage::kEncodePrompt, Stage::kDenoise, Stage::kDecode};
  std::vector<WaitingSample> waiting;
  for (int i = 0; i < 1000; ++i) {
    waiting.push_back(At(kStages[i % 3], i % 5 == 0 ? 0 : 100'000 + i * 37 % 1000, i));
    waiting.back().key.width += 8 * (i % 4);
  }
  const CostModel costs = LinearCosts();
  absl::Duration best = absl::InfiniteDuration();
  for (int i = 0; i < 20; ++i) {
    const absl::Time start = Clock::Real().Now();
    ASSERT_TRUE(Choose(waiting, costs).batch.has_value());
    best = std::min(best, Clock::Real().Now() - start);
  }
  // A quarter of a millisecond in a release build; the rest is for sanitizers and busy machines.
  EXPECT_LT(best, absl::Milliseconds(10));
}

}  // namespace
}  // namespace strobe::server
