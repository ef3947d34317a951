#include "model/evaluation/statistics/frechet_distance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"

namespace strobe::model {
namespace {

TEST(FrechetDistanceTest, ASetHasNoneFromItself) {
  const at::Tensor features = UnitNormal(1, 0, {100, 8});
  EXPECT_NEAR(FrechetDistance(features, features), 0.0, 1e-6);
}

TEST(FrechetDistanceTest, AShiftCostsItsSquare) {
  const at::Tensor features = UnitNormal(1, 0, {100, 4});
  EXPECT_NEAR(FrechetDistance(features, features + 0.5), 4 * 0.25, 1e-5);
}

TEST(FrechetDistanceTest, OneDimensionHasAClosedForm) {
  // Means 1 and 5, standard deviations sqrt 2 and 3 sqrt 2.
  const at::Tensor first = at::tensor({0.0, 2.0}).view({2, 1});
  const at::Tensor second = at::tensor({2.0, 8.0}).view({2, 1});
  EXPECT_NEAR(FrechetDistance(first, second), 16.0 + 2.0 + 18.0 - 2.0 * 6.0, 1e-9);
}

TEST(FeatureMomentsTest, CountsAreCopiesOfTheRows) {
  const at::Tensor rows = UnitNormal(1, 0, {5, 3});
  const FeatureMoments counted = MomentsOf(rows, at::tensor({2.0f, 0.0f, 1.0f, 3.0f, 1.0f}));
  const at::Tensor copied = rows.index_select(0, at::tensor({0, 0, 2, 3, 3, 3, 4}, at::kLong));
  const FeatureMoments plain = MomentsOf(copied);
  EXPECT_TRUE(counted.mean.allclose(plain.mean));
  EXPECT_TRUE(counted.covariance.allclose(plain.covariance));
}

TEST(ExtrapolatedFrechetDistanceTest, SamplesOfOneDistributionAreNotApart) {
  double plain = 0.0;
  double extrapolated = 0.0;
  for (uint64_t run = 0; run < 8; ++run) {
    const at::Tensor first = UnitNormal(run, 0, {800, 16});
    const at::Tensor second = UnitNormal(run, 1, {2400, 16});
    plain += FrechetDistance(first, second) / 8;
    extrapolated += ExtrapolatedFrechetDistance(first, second) / 8;
  }
  EXPECT_GT(plain, 0.05);
  EXPECT_LT(std::abs(extrapolated), 0.1 * plain);
}

TEST(ExtrapolatedFrechetDistanceTest, ADistanceOfTheDistributionsStays) {
  const at::Tensor first = UnitNormal(1, 0, {2000, 8});
  const at::Tensor second = 2.0 * UnitNormal(1, 1, {4000, 8}) + 0.5;
  // Each dimension: the mean's .25 and (2 - 1)^2.
  EXPECT_NEAR(ExtrapolatedFrechetDistance(first, second), 8 * 1.25, 0.3);
}

}  // namespace
}  // namespace strobe::model
