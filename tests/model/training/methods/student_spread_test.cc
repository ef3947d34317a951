#include "model/training/methods/student_spread.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"

namespace strobe::model {
namespace {

TEST(SpreadOverSeedsTest, IsTheDeviationWithinPromptsAndNotBetweenThem) {
  const at::Tensor noise = 0.5 * UnitNormal(1, 0, {32 * 8, 4, 3, 3});
  EXPECT_NEAR(SpreadOverSeeds(noise, 8), 0.5, 0.01);
  at::Tensor far = noise.clone();
  far.narrow(0, 8, 8).add_(100.0);  // another prompt looks different
  EXPECT_NEAR(SpreadOverSeeds(far, 8), 0.5, 0.01);
}

TEST(SpreadOverSeedsTest, EqualPicturesHaveNone) {
  EXPECT_EQ(SpreadOverSeeds(UnitNormal(1, 0, {1, 4, 3, 3}).expand({8, -1, -1, -1}), 8), 0.0);
}

}  // namespace
}  // namespace strobe::model
