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

// A sample takes 10 + 20 ms a step + 10 ms; no larger batch is worth making.
CostModel Costs() {
  CostModel costs;
  for (const int size : {1, 2}) {
    costs.Observe(Stage::kEncodePrompt, kKey, size, Ms(10 * size));
    costs.Observe(Stage::kDenoise, kKey, size, Ms(20 * size));
    costs.Observe(Stage::kDecode, kKey, size, Ms(10 * size));
  }
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

TEST(ExpectedWaitTest, WhatGoesBeforeAPromiseCountsForIt) {
  WaitingSample overserved = Sample(199);
  overserved.caller_service = absl::Seconds(1);
  // The one of another caller goes before it, though it is due much later.
  EXPECT_EQ(Wait(Sample(80), {Sample(1000), overserved}), Ms(80));
  overserved.due = kNow + Ms(200);
  EXPECT_EQ(Wait(Sample(80), {Sample(1000), overserved}), Ms(0));
}

TEST(ExpectedWaitTest, ANewcomerNeedsTimeForItsWayInCompanyOfWhatComesBeforeIt) {
  CostModel costs;  // steps alone: 20 ms for one, 15 each for two, 50 for four
  for (int size = 1; size <= 4; ++size)
    costs.Observe(Stage::kDenoise, kKey, size, Ms(10 + 10 * size));
  const auto wait = [&](int before, double lanes) {
    return PredictWait(Sample(500), 1, {std::vector<WaitingSample>(before, Sample(400))},
                       {lanes, {}}, costs, kNow, {.max_batch_size = 4});
  };
  EXPECT_EQ(wait(0, 1), Ms(0));
  EXPECT_EQ(wait(1, 1), Ms(15));
  EXPECT_EQ(wait(7, 1), Ms(7 * 15 + 50 - 20));
  EXPECT_EQ(wait(20, 1), Ms(20 * 15 + 50 - 20));  // a batch of four is the largest
  EXPECT_EQ(wait(7, 2), Ms(7 * 15 / 2.0 + 30 - 20));
  // Nor does it go in company of what it overtakes.
  EXPECT_EQ(PredictWait(Sample(500), 1, {std::vector<WaitingSample>(7, Sample(2000))}, {}, costs,
                        kNow, {.max_batch_size = 4}),
            Ms(0));
}

// What the policy takes one by one, in its order.
std::vector<WaitingSample> InOrder(std::vector<WaitingSample> waiting) {
  std::vector<WaitingSample> order;
  while (!waiting.empty()) {
    const auto decision = ChooseBatch(waiting, Costs(), kNow, {.max_batch_size = 1});
    const int first = decision.batch->members.front();
    order.push_back(waiting[first]);
    waiting.erase(waiting.begin() + first);
  }
  return order;
}

absl::Duration WorkOf(const WaitingSample& sample) {
  return Costs().PredictSample(kKey, sample.plan);
}

// The oracle is the policy itself: what it takes before it takes the newcomer.
TEST(ExpectedWaitTest, IsTheWorkThatThePolicyTakesBeforeTheNewcomer) {
  std::mt19937 random(14);
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
    waiting.push_back(newcomer);
    absl::Duration before;
    for (const WaitingSample& each : InOrder(waiting)) {
      if (each.order == newcomer.order) break;
      before += WorkOf(each);
    }
    ASSERT_EQ(wait, before) << round;
  }
}

// A request that is in time alone is not refused because of work that it overtakes, unless a
// promise that was given would come late by it.
TEST(ExpectedWaitTest, WhatIsOvertakenCountsOnlyWhereItIsAPromiseThatWouldComeLate) {
  std::mt19937 random(7);
  int unhindered = 0;
  int behind_promises = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<WaitingSample> waiting;
    for (int i = 0; i < 6; ++i) {
      waiting.push_back(random() % 2 == 0
                            ? Sample(0, Priority::kBatch)
                            : Sample(110 + 6 * (random() % 70) + i));  // no two together
      waiting.back().order = i;
    }
    WaitingSample newcomer = Sample(90 + random() % 60);
    newcomer.order = 100;
    std::vector<WaitingSample> order = waiting;
    order.push_back(newcomer);
    order = InOrder(order);
    if (order.front().order != newcomer.order) continue;  // it does not overtake everything
    absl::Duration before = WorkOf(newcomer);
    bool all_kept = true;
    for (size_t i = 1; i < order.size(); ++i) {
      if (order[i].priority == Priority::kBatch) continue;
      // In time behind twice what comes before it.
      all_kept &= kNow + 2 * before + WorkOf(order[i]) <= order[i].due.time();
      before += WorkOf(order[i]);
    }
    const bool waits = Wait(newcomer, waiting) > absl::ZeroDuration();
    ASSERT_EQ(waits, !all_kept) << round;
    ++(waits ? behind_promises : unhindered);
  }
  EXPECT_GT(unhindered, 50);
  EXPECT_GT(behind_promises, 50);
}

}  // namespace
}  // namespace strobe::server
