#include "model/evaluation/statistics/picture_look.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

TEST(PictureLookTest, AGreyPictureHasNoneOfTheThree) {
  const PictureLook look = LookOf(at::full({1, 3, 8, 8}, 0.4));
  EXPECT_NEAR(look.saturation.item<double>(), 0.0, 1e-3);
  EXPECT_NEAR(look.contrast.item<double>(), 0.0, 1e-3);
  EXPECT_NEAR(look.sharpness.item<double>(), 0.0, 1e-3);
}

TEST(PictureLookTest, PureRedIsFullySaturated) {
  at::Tensor red = at::zeros({1, 3, 8, 8});
  red.select(1, 0).fill_(1.0);
  EXPECT_NEAR(LookOf(red).saturation.item<double>(), 1000.0, 1e-3);
}

TEST(PictureLookTest, HalvesOfBlackAndWhiteHaveTheDeviationOfACoin) {
  at::Tensor halves = at::zeros({1, 3, 8, 8});
  halves.narrow(3, 4, 4).fill_(1.0);
  const PictureLook look = LookOf(halves);
  EXPECT_NEAR(look.contrast.item<double>(), 500.0, 1e-2);
  EXPECT_NEAR(look.saturation.item<double>(), 0.0, 1e-3);
}

TEST(PictureLookTest, AStepIsSharperThanARampOfTheSameEnds) {
  at::Tensor step = at::zeros({1, 3, 8, 8});
  step.narrow(3, 4, 4).fill_(1.0);
  at::Tensor ramp = at::zeros({1, 3, 8, 8});
  for (int64_t x = 0; x < 8; ++x) ramp.select(3, x).fill_(static_cast<double>(x) / 7);
  const PictureLook look = LookOf(at::cat({step, ramp}));
  EXPECT_GT(look.sharpness[0].item<double>(), 100.0);
  EXPECT_NEAR(look.sharpness[1].item<double>(), 0.0, 1e-3);
}

}  // namespace
}  // namespace strobe::model
