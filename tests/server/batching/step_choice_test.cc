#include "server/batching/step_choice.h"

#include <vector>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr BatchKey kKey = {0, 64, 64};
const std::vector<int> kOffered = {1, 2, 3, 8};

absl::Duration Ms(int ms) { return absl::Milliseconds(ms); }

// 10 + 20 for each step + 30: 60, 80, 100 and 200 ms alone.
CostModel Costs() {
  CostModel costs;
  costs.Observe(Stage::kEncodePrompt, kKey, 1, Ms(10));
  costs.Observe(Stage::kDenoise, kKey, 1, Ms(20));
  costs.Observe(Stage::kDecode, kKey, 1, Ms(30));
  return costs;
}

TEST(StepChoiceTest, SpendsWhatTheDeadlineAndTheQueueLeave) {
  struct Case {
    int min, max;
    absl::Duration work, time_left;
    int steps;
  };
  const absl::Duration never = absl::InfiniteDuration();
  const Case cases[] = {
      {1, 3, Ms(0), never, 3},     // idle
      {1, 3, Ms(300), never, 3},   // 300 + 100 = 4 x 100
      {1, 3, Ms(301), never, 2},   // bearable with 80 ms
      {1, 3, Ms(321), never, 1},   //
      {1, 3, Ms(9000), never, 1},  // nothing is bearable: as few as allowed
      {2, 3, Ms(9000), never, 2},  //
      {3, 3, Ms(9000), never, 3},  // not adaptive
      {1, 3, Ms(0), Ms(99), 2},    // the deadline
      {1, 3, Ms(10), Ms(79), 1},   // behind the queue
      {1, 8, Ms(0), never, 8},     //
      {4, 7, Ms(9000), never, 7},  // nothing offered in between
      {1, 7, Ms(9000), Ms(1), 1},  //
  };
  for (const Case& each : cases) {
    EXPECT_EQ(ChooseSteps({each.min, each.max, each.work, each.time_left}, kOffered, kKey, Costs()),
              each.steps)
        << each.min << ".." << each.max << " steps, work " << each.work << ", left "
        << each.time_left;
  }
}

TEST(StepChoiceTest, TheDeadlineIsComparedWithTheBatchAndThePatienceWithTheSample) {
  // A second sample takes as long as the first: five take 500 ms with 3 steps, 400 with 2.
  const auto choose = [](absl::Duration work, absl::Duration time_left) {
    return ChooseSteps({1, 3, work, time_left, /*batch_size=*/5, /*max_batch_size=*/8}, kOffered,
                       kKey, Costs());
  };
  EXPECT_EQ(choose(Ms(0), absl::InfiniteDuration()), 3);
  EXPECT_EQ(choose(Ms(0), Ms(500)), 3);
  EXPECT_EQ(choose(Ms(0), Ms(499)), 2);
  EXPECT_EQ(choose(Ms(1), Ms(500)), 2);
  EXPECT_EQ(choose(Ms(300), absl::InfiniteDuration()), 3);
}

TEST(StepChoiceTest, WithoutMeasuredCostsEverythingIsAffordable) {
  EXPECT_EQ(ChooseSteps({1, 3, Ms(0), absl::InfiniteDuration()}, kOffered, kKey, CostModel()), 3);
}

}  // namespace
}  // namespace strobe::server
