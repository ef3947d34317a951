#include "model/evaluation/frechet_distance.h"

#include <ATen/TensorOperators.h>
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

}  // namespace
}  // namespace strobe::model
