#include "server/batching/costs/cost_model.h"

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr BatchKey kSmall{0, 64, 64};
constexpr BatchKey kLarge{0, 128, 128};

StagePlan Steps(int steps) { return StagePlan(model::kTextToImage, steps); }

absl::Duration Ms(double ms) { return absl::Milliseconds(1) * ms; }

TEST(CostModelTest, KnowsNothingAtFirst) {
  const CostModel model;
  EXPECT_EQ(model.Predict(Stage::kDenoise, kSmall, 4), absl::ZeroDuration());
  EXPECT_EQ(model.PredictSample(kSmall, Steps(3)), absl::ZeroDuration());
  EXPECT_EQ(model.PredictAmortized(kSmall, Steps(3)), absl::ZeroDuration());
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

TEST(CostModelTest, AnObservationCountsAsAtMostTwiceTheMean) {
  CostModel model;
  model.Observe(Stage::kDecode, kSmall, 1, Ms(100));
  model.Observe(Stage::kDecode, kSmall, 1, Ms(10'000));
  EXPECT_EQ(model.Predict(Stage::kDecode, kSmall, 1), Ms(120));
  for (int i = 0; i < 60; ++i) model.Observe(Stage::kDecode, kSmall, 1, Ms(1'000));
  EXPECT_GT(model.Predict(Stage::kDecode, kSmall, 1), Ms(990));  // a lasting change is followed
}

TEST(CostModelTest, AFirstObservationIsBoundedByWhatItsModelLetsExpect) {
  CostModel model;
  model.Observe(Stage::kDenoise, kSmall, 1, Ms(10));
  model.Observe(Stage::kDenoise, kLarge, 1, Ms(5'000));  // 40 expected
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1), Ms(80));
  model.Observe(Stage::kDenoise, kSmall, 4, Ms(5'000));  // 40 expected
  EXPECT_EQ(model.Predict(Stage::kDenoise, kSmall, 4), Ms(80));
  model.Observe(Stage::kDenoise, {1, 64, 64}, 1, Ms(5'000));  // another model says nothing
  EXPECT_EQ(model.Predict(Stage::kDenoise, {1, 64, 64}, 1), Ms(5'000));
}

TEST(CostModelTest, ATimeOfZeroBoundsNothing) {
  CostModel model;
  model.Observe(Stage::kDecode, kSmall, 1, Ms(0));
  model.Observe(Stage::kDecode, kSmall, 1, Ms(100));
  EXPECT_EQ(model.Predict(Stage::kDecode, kSmall, 1), Ms(20));
}

TEST(CostModelTest, TheBestTimeOnlyFalls) {
  CostModel model;
  EXPECT_EQ(model.PredictSample(kSmall, Steps(3), CostBasis::kBest), Ms(0));
  model.Observe(Stage::kDenoise, kSmall, 2, Ms(100));
  for (const double ms : {300, 90, 500, 95}) model.Observe(Stage::kDenoise, kSmall, 2, Ms(ms));
  model.Observe(Stage::kDenoise, kSmall, 4, Ms(150));
  const struct {
    int batch_size;
    double ms;
  } kCases[] = {{0, 0}, {1, 45}, {2, 90}, {3, 120}, {4, 150}, {8, 300}};
  for (const auto& [batch_size, ms] : kCases) {
    EXPECT_EQ(model.Predict(Stage::kDenoise, kSmall, batch_size, CostBasis::kBest), Ms(ms))
        << batch_size;
  }
  EXPECT_EQ(model.PredictAmortized(kSmall, Steps(2), CostBasis::kBest), Ms(75));
}

TEST(CostModelTest, TheBestTimeOfAnUnseenKeyIsItsModelsLeastAndNeverScaledUp) {
  CostModel model;
  model.Observe(Stage::kDenoise, {1, 64, 64}, 1, Ms(1));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1, CostBasis::kBest), Ms(1));
  model.Observe(Stage::kDenoise, {0, 128, 64}, 1, Ms(16));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1, CostBasis::kBest), Ms(16));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kSmall, 1, CostBasis::kBest), Ms(8));
}

TEST(CostModelTest, IgnoresObservationsThatMakeNoSense) {
  CostModel model;
  model.Observe(Stage::kDecode, kSmall, 0, Ms(100));
  model.Observe(Stage::kDecode, kSmall, 1, Ms(-100));
  EXPECT_EQ(model.Predict(Stage::kDecode, kSmall, 1), absl::ZeroDuration());
}

TEST(CostModelTest, AnUnseenKeyTakesItsModelsWorstScaledByPixels) {
  CostModel model;
  model.Observe(Stage::kDenoise, kSmall, 1, Ms(10));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1), Ms(40));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 2), Ms(80));
  model.Observe(Stage::kDenoise, {0, 64, 128}, 1, Ms(30));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1), Ms(60));
  EXPECT_EQ(model.Predict(Stage::kDenoise, {1, 128, 128}, 1), Ms(60));
  model.Observe(Stage::kDenoise, {1, 64, 64}, 1, Ms(100));
  EXPECT_EQ(model.Predict(Stage::kDenoise, {1, 128, 128}, 1), Ms(400));
  EXPECT_EQ(model.Predict(Stage::kDenoise, kLarge, 1), Ms(60));
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
  EXPECT_EQ(model.PredictSample(kSmall, Steps(3)), Ms(190));
  EXPECT_EQ(model.PredictShare(Stage::kDenoise, kSmall), Ms(20));
  EXPECT_EQ(model.PredictAmortized(kSmall, Steps(3)), Ms(3 + 60 + 30));
}

TEST(CostModelTest, ManySamplesTakeTheBatchesThatAreWorthMaking) {
  CostModel model;
  model.Observe(Stage::kDenoise, kSmall, 1, Ms(50));
  model.Observe(Stage::kDenoise, kSmall, 2, Ms(60));
  model.Observe(Stage::kDenoise, kSmall, 4, Ms(120));  // saves nothing
  EXPECT_EQ(model.PredictAll(Stage::kDenoise, kSmall, 5, 8), Ms(60 + 60 + 50));
  EXPECT_EQ(model.PredictAll(Stage::kDenoise, kSmall, 5, 1), Ms(250));
  EXPECT_EQ(model.PredictAll(Stage::kDenoise, kSmall, 0, 8), Ms(0));
  model.Observe(Stage::kDecode, kSmall, 1, Ms(7));
  EXPECT_EQ(model.PredictTogether(kSmall, Steps(2), 4, 8), Ms(2 * 120 + 4 * 7));
}

TEST(CostModelTest, AModelThatIsForgottenLeavesTheOthers) {
  CostModel model;
  model.Observe(Stage::kDenoise, kSmall, 1, Ms(10));
  model.Observe(Stage::kDecode, kLarge, 2, Ms(10));
  model.Observe(Stage::kDenoise, {1, 64, 64}, 1, Ms(20));
  model.Forget(kSmall.model);
  ASSERT_EQ(model.Points().size(), 1u);
  EXPECT_EQ(model.Points()[0].key, (BatchKey{1, 64, 64}));
}

TEST(CostModelTest, TheBatchCapIsTheSmallestBatchThatIsAboutAsGoodAsAnySeen) {
  const auto cap = [](const std::vector<int>& ms_by_size, int max_batch_size) {
    CostModel costs;
    for (int size = 1; size <= static_cast<int>(ms_by_size.size()); ++size) {
      costs.Observe(Stage::kDenoise, {0, 8, 8}, size, absl::Milliseconds(ms_by_size[size - 1]));
    }
    return costs.BatchCap(Stage::kDenoise, {0, 8, 8}, max_batch_size);
  };
  EXPECT_EQ(cap({100, 200, 300, 400}, 4), 1);
  EXPECT_EQ(cap({100, 199, 297, 395}, 4), 1);  // 2 % are not worth it
  EXPECT_EQ(cap({100, 150, 225, 300}, 4), 2);
  EXPECT_EQ(cap({100, 110, 120, 130}, 4), 4);
  EXPECT_EQ(cap({100, 110, 120, 130}, 3), 3);
  EXPECT_EQ(cap({100}, 8), 8);       // larger ones were never tried
  EXPECT_EQ(cap({100, 110}, 8), 8);  //
  EXPECT_EQ(cap({}, 8), 8);
}

}  // namespace
}  // namespace strobe::server
