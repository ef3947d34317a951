#include "server/batching/costs/work_left.h"

#include <utility>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr BatchKey kSmall{0, 64, 64};
constexpr BatchKey kLarge{0, 128, 128};

CostModel Costs() {
  CostModel costs;
  for (const auto& [key, factor] : {std::pair(kSmall, 1), std::pair(kLarge, 4)}) {
    costs.Observe(Stage::kEncodePrompt, key, 1, factor * absl::Milliseconds(1));
    costs.Observe(Stage::kDenoise, key, 1, factor * absl::Milliseconds(2));
    costs.Observe(Stage::kDecode, key, 1, factor * absl::Milliseconds(4));
  }
  return costs;
}

// Of a sample that waits for `stage`.
StagePlan From(Stage stage, int steps) {
  StagePlan plan(model::kTextToImage, steps);
  while (plan.next() != stage) plan.Advance();
  return plan;
}

TEST(WorkTallyTest, CountsTheStagesThatAreLeftOfEachKey) {
  WorkTally tally;
  EXPECT_EQ(tally.Predict(DeviceCosts(Costs())), absl::ZeroDuration());
  tally.Add(kSmall, From(Stage::kEncodePrompt, 3));
  EXPECT_EQ(tally.Predict(DeviceCosts(Costs())), absl::Milliseconds(1 + 3 * 2 + 4));
  tally.Add(kSmall, From(Stage::kDenoise, 1));
  EXPECT_EQ(tally.Predict(DeviceCosts(Costs())), absl::Milliseconds(11 + 2 + 4));
  tally.Add(kLarge, From(Stage::kDecode, 2));
  EXPECT_EQ(tally.Predict(DeviceCosts(Costs())), absl::Milliseconds(17 + 16));
}

TEST(WorkTallyTest, WhatGoesLeavesNothingBehind) {
  WorkTally tally;
  tally.Add(kSmall, From(Stage::kEncodePrompt, 2));
  tally.Add(kSmall, From(Stage::kDecode, 0));
  tally.Remove(kSmall, From(Stage::kEncodePrompt, 2));
  EXPECT_EQ(tally.Predict(DeviceCosts(Costs())), absl::Milliseconds(4));
  tally.Remove(kSmall, From(Stage::kDecode, 0));
  EXPECT_EQ(tally.Predict(DeviceCosts(Costs())), absl::ZeroDuration());
}

}  // namespace
}  // namespace strobe::server
