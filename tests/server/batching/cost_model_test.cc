#include "server/batching/cost_model.h"

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr BatchKey kSmall{0, 64, 64};
constexpr BatchKey kLarge{0, 128, 128};

absl::Duration Ms(double ms) { return absl::Milliseconds(1) * ms; }

TEST(CostModelTest, KnowsNothingAtFirst) {
  const CostModel model;
  EXPECT_EQ(model.Predict(Stage::kDenoise, kSmall, 4), absl::ZeroDuration());
  EXPECT_EQ(model.PredictSample(kSmall, 3), absl::ZeroDuration());
  EXPECT_EQ(model.PredictAmortized(kSmall, 3), absl::ZeroDuration());
}

TEST(CostModelTest, PredictsByInterpolationAndScalesBeyondTheLargestBatch) {
  CostModel model;
  model.Observe(Stage::kDenoise, kSmall, 2, Ms(100));
  model.Observe(Stage::kDenoise, kSmall, 4, Ms(160));
  model.Observe(Stage::kDenoise, kSmall, 8, Ms(240));
  const struct {
    int batch_size;
    double ms;
  } kCases[] = {{0, 0},   {-1, 0},  {1, 100}, {2, 100},  {3, 130},
                {4, 160}, {6, 200}, {8, 240}, {16, 480}, {12, 360}};
  for (const auto& [batch_size, ms] : kCases) {
    EXPECT_EQ(model.Predict(Stage::kDenoise, kSmall, batch_size), Ms(ms)) << batch_size;
  }
}

TEST(CostModelTest, TheFirstObservationSetsAndLaterOnesMove) {
  CostModel model;
  model.Observe(Stage::kDecode, kSmall, 1, Ms(100));
  EXPECT_EQ(model.Predict(Stage::kDecode, kSmall, 1), Ms(100));
  model.Observe(Stage::kDecode, kSmall, 1, Ms(200));
  EXPECT_EQ(model.Predict(Stage::kDecode, kSmall, 1), Ms(120));
  for (int i = 0; i < 30; ++i) model.Observe(Stage::kDecode, kSmall, 1, Ms(200));
  EXPECT_GT(model.Predict(Stage::kDecode, kSmall, 1), Ms(199));
}

TEST(CostModelTest, IgnoresObservationsThatMakeNoSense) {
  CostModel model;
  model.Observe(Stage::kDecode, kSmall, 0, Ms(100));
  model.Observe(Stage::kDecode, kSmall, 1, Ms(-100));
  EXPECT_EQ(model.Predict(Stage::kDecode, kSmall, 1), absl::ZeroDuration());
}

TEST(CostModelTest, AnUnseenKeyTakesTheWorstSeenOnesScaledByPixels) {
  CostModel model;
  model.Observe(Stage::kDenoise, kSmall, 1, Ms(10));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1), Ms(40));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 2), Ms(80));
  model.Observe(Stage::kDenoise, {1, 64, 64}, 1, Ms(30));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1), Ms(120));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kSmall, 1), Ms(10));
}

TEST(CostModelTest, TextDoesNotDependOnTheSize) {
  CostModel model;
  model.Observe(Stage::kEncodePrompt, kSmall, 1, Ms(10));
  EXPECT_EQ(model.Predict(Stage::kEncodePrompt, kLarge, 1), Ms(10));
}

TEST(CostModelTest, SumsASampleAloneAndAtTheLargestBatch) {
  CostModel model;
  model.Observe(Stage::kEncodePrompt, kSmall, 1, Ms(10));
  model.Observe(Stage::kEncodePrompt, kSmall, 4, Ms(12));
  model.Observe(Stage::kDenoise, kSmall, 1, Ms(50));
  model.Observe(Stage::kDenoise, kSmall, 8, Ms(160));
  model.Observe(Stage::kDecode, kSmall, 1, Ms(30));
  EXPECT_EQ(model.PredictSample(kSmall, 3), Ms(190));
  EXPECT_EQ(model.PredictShare(Stage::kDenoise, kSmall), Ms(20));
  EXPECT_EQ(model.PredictAmortized(kSmall, 3), Ms(3 + 60 + 30));
}

}  // namespace
}  // namespace strobe::server
