#include "server/batching/expected_wait.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/batching/batch_policy.h"

namespace strobe::server {
namespace {

constexpr BatchKey kKey{0, 64, 64};
const absl::Time kNow = absl::FromUnixSeconds(1'600'000'000);

absl::Duration Ms(double ms) { return absl::Milliseconds(1) * ms; }

// A sample takes 10 + 20 ms a step + 10 ms, in batches of any size.
CostModel Costs() {
  CostModel costs;
  costs.Observe(Stage::kEncodePrompt, kKey, 1, Ms(10));
  costs.Observe(Stage::kDenoise, kKey, 1, Ms(20));
  costs.Observe(Stage::kDecode, kKey, 1, Ms(10));
  return costs;
}

// One step, 40 ms of work; `due_ms` from now, 0: never.
WaitingSample Sample(double due_ms = 0, Priority priority = Priority::kInteractive) {
  WaitingSample sample;
  sample.key = kKey;
  sample.arrival = kNow;
  if (due_ms != 0) sample.due = kNow + Ms(due_ms);
  sample.priority = priority;
  sample.order = 1;
  return sample;
}

absl::Duration Wait(const WaitingSample& newcomer, const std::vector<WaitingSample>& others,
                    const LanesAtWork& running = {}) {
  return PredictWait(newcomer, 1, {others}, running, Costs(), kNow, {});
}

TEST(ExpectedWaitTest, OnlyWhatHasItsTurnBeforeCounts) {
  WaitingSample overserved = Sample(200);
  overserved.caller_service = absl::Seconds(1);
  const struct {
    std::string what;
    WaitingSample other;
    absl::Duration wait;  // of a newcomer that is due in 500 ms
  } kCases[] = {
      {"due earlier", Sample(400), Ms(40)},
      {"due at the same time, and here before", Sample(500), Ms(40)},
      {"due later", Sample(600), Ms(0)},
      {"not due at all", Sample(), Ms(0)},
      {"batch priority, due earlier", Sample(400, Priority::kBatch), Ms(0)},
      {"batch priority", Sample(0, Priority::kBatch), Ms(0)},
      {"of a caller that has had its share", overserved, Ms(0)},
      {"certain to be late", Sample(39), Ms(0)},
  };
  WaitingSample newcomer = Sample(500);
  newcomer.order = 2;
  for (const auto& [what, other, wait] : kCases) {
    EXPECT_EQ(Wait(newcomer, {other}), wait) << what;
  }
  WaitingSample batch = Sample(0, Priority::kBatch);
  batch.order = 2;
  EXPECT_EQ(Wait(batch, {Sample(0, Priority::kBatch), Sample(400), Sample()}), Ms(120));
}

TEST(ExpectedWaitTest, AgedWorkCountsByTheTimeAtWhichItIsDue) {
  WaitingSample aged = Sample(0, Priority::kBatch);
  aged.arrival = kNow - absl::Seconds(61);
  EXPECT_EQ(Wait(Sample(500), {aged}), Ms(40));
}

TEST(ExpectedWaitTest, WhatRunsEndsItsStageAndLanesShareTheWork) {
  EXPECT_EQ(Wait(Sample(500), {Sample(400)}, {2, Ms(30)}), Ms(35));
}

TEST(ExpectedWaitTest, ANewcomerThatIsLateInAnyCaseStandsBehindEverybody) {
  EXPECT_EQ(Wait(Sample(20), {Sample(400), Sample(0, Priority::kBatch)}), Ms(80));
}

TEST(ExpectedWaitTest, WhatWasAdmittedKeepsItsTimeAndAReserve) {
  // The newcomer's 40 ms come before the other's 40, and as much again may: 120 ms.
  EXPECT_EQ(Wait(Sample(80), {Sample(120)}), Ms(0));
  EXPECT_EQ(Wait(Sample(80), {Sample(119)}), Ms(40));
  // The last of three has 80 ms before it: 40 * 2 + 80 * 2 + 40.
  EXPECT_EQ(Wait(Sample(80), {Sample(270), Sample(275), Sample(279)}), Ms(120));
  EXPECT_EQ(Wait(Sample(80), {Sample(270), Sample(275), Sample(280)}), Ms(0));
  // Images of one request are due together and need no reserve for each other.
  EXPECT_EQ(Wait(Sample(80), {Sample(160), Sample(160)}), Ms(0));
  EXPECT_EQ(Wait(Sample(80), {Sample(159), Sample(159)}), Ms(80));
  // Batch priority gives way to interactive requests whatever it was promised.
  EXPECT_EQ(Wait(Sample(80), {Sample(81, Priority::kBatch)}), Ms(0));
  EXPECT_EQ(Wait(Sample(80, Priority::kBatch), {Sample(81, Priority::kBatch)}), Ms(40));
}

// The oracle is the policy itself: what it takes one by one before it takes the newcomer.
TEST(ExpectedWaitTest, IsTheWorkThatThePolicyTakesBeforeTheNewcomer) {
  std::mt19937 random(14);
  const CostModel costs = Costs();
  for (int round = 0; round < 500; ++round) {
    const auto draw = [&] {
      WaitingSample sample =
          Sample(0, random() % 3 == 0 ? Priority::kBatch : Priority::kInteractive);
      sample.arrival = kNow - Ms(random() % 90'000);
      if (random() % 2 == 0) sample.due = kNow + Ms(20'000 + random() % 60'000);
      sample.plan = StagePlan(model::kTextToImage, 1 + random() % 3);
      for (int begun = random() % 3; begun > 0; --begun) sample.plan.Advance();
      sample.least_steps_left = sample.plan.steps_left();
      return sample;
    };
    std::vector<WaitingSample> waiting;
    for (int i = 0; i < 12; ++i) waiting.push_back(draw());
    for (int i = 0; i < 12; ++i) waiting[i].order = i;
    WaitingSample newcomer = draw();
    newcomer.plan = StagePlan(model::kTextToImage, newcomer.least_steps_left = 1 + random() % 3);
    newcomer.order = 100;
    const absl::Duration wait = Wait(newcomer, waiting);
    absl::Duration before;
    waiting.push_back(newcomer);
    while (true) {
      const auto decision = ChooseBatch(waiting, costs, kNow, {.max_batch_size = 1});
      const WaitingSample first = waiting[decision.batch->members.front()];
      if (first.order == newcomer.order) break;
      before += costs.PredictSample(kKey, first.plan);
      waiting.erase(waiting.begin() + decision.batch->members.front());
    }
    ASSERT_EQ(wait, before) << round;
  }
}

}  // namespace
}  // namespace strobe::server
