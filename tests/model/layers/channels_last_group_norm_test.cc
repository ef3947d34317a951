#include "model/layers/channels_last_group_norm.h"

#include <cmath>
#include <limits>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "tests/model/float32_closeness.h"
#include "tests/model/repeatable_normal.h"

namespace strobe::model {
namespace {

constexpr double kEps = 1e-5;

at::Tensor NormInDouble(const at::Tensor& x, int64_t groups, const at::Tensor& weight,
                        const at::Tensor& bias) {
  return at::group_norm(x.to(at::kDouble), groups, weight.to(at::kDouble), bias.to(at::kDouble),
                        kEps);
}

at::Tensor Picture(at::IntArrayRef shape) {
  return RepeatableNormal(shape).contiguous(at::MemoryFormat::ChannelsLast);
}

struct Case {
  int64_t batch, channels, groups, height, width;
};

class ChannelsLastGroupNormTest : public testing::TestWithParam<Case> {};

TEST_P(ChannelsLastGroupNormTest, ComputesWhatLibTorchComputesInTheSameLayout) {
  const Case& c = GetParam();
  const at::Tensor x = Picture({c.batch, c.channels, c.height, c.width}) * 3 + 0.5;
  const at::Tensor weight = RepeatableNormal({c.channels}), bias = RepeatableNormal({c.channels});
  const at::Tensor normed = at::group_norm(x.contiguous(), c.groups, weight, bias, kEps);

  const at::Tensor plain =
      ChannelsLastGroupNorm(x, c.groups, weight, bias, kEps, NormActivation::kNone);
  const at::Tensor activated =
      ChannelsLastGroupNorm(x, c.groups, weight, bias, kEps, NormActivation::kSilu);

  const at::Tensor exact = NormInDouble(x, c.groups, weight, bias);
  EXPECT_TRUE(IsAsCloseAsFloat32Is(plain, normed, exact));
  EXPECT_TRUE(IsAsCloseAsFloat32Is(activated, at::silu(normed), at::silu(exact)));
  EXPECT_TRUE(plain.is_contiguous(at::MemoryFormat::ChannelsLast));
}

INSTANTIATE_TEST_SUITE_P(Shapes, ChannelsLastGroupNormTest,
                         testing::Values(Case{1, 32, 4, 1, 1}, Case{1, 96, 32, 8, 8},
                                         Case{3, 20, 4, 7, 5}, Case{2, 64, 1, 33, 3},
                                         Case{8, 320, 32, 16, 24}));

TEST(ChannelsLastGroupNorm, SurvivesAMeanFarLargerThanTheDeviation) {
  const at::Tensor x = Picture({1, 32, 16, 16}) + 10000.0;
  const at::Tensor weight = RepeatableNormal({32}), bias = RepeatableNormal({32});
  const at::Tensor expected = NormInDouble(x, 8, weight, bias);

  const at::Tensor normed = ChannelsLastGroupNorm(x, 8, weight, bias, kEps, NormActivation::kNone);

  EXPECT_LT((normed - expected).abs().max().item<double>(), 5e-3);
}

TEST(ChannelsLastGroupNorm, SiluIsRightFarFromZero) {
  // One channel a group of which all pixels but one are equal: the outlier is normed to a large
  // value, and the weight makes it larger.
  for (const float weight : {-30.0f, -1.0f, 1.0f, 30.0f}) {
    at::Tensor x =
        RepeatableNormal({1, 1, 32, 32}).mul(1e-3).contiguous(at::MemoryFormat::ChannelsLast);
    x[0][0][3][4] = 5.0f;
    const at::Tensor w = at::full({1}, weight), b = at::zeros({1});
    const at::Tensor expected = at::silu(at::group_norm(x, 1, w, b, kEps));
    const at::Tensor normed = ChannelsLastGroupNorm(x, 1, w, b, kEps, NormActivation::kSilu);
    const at::Tensor exact = at::silu(NormInDouble(x, 1, w, b));
    const auto row = [](const at::Tensor& picture, int64_t y) { return picture.select(2, y); };
    for (int64_t y = 0; y < 32; ++y) {  // the outlier's row has a scale of its own
      EXPECT_TRUE(IsAsCloseAsFloat32Is(row(normed, y), row(expected, y), row(exact, y)))
          << weight << ", row " << y;
    }
  }
}

TEST(ChannelsLastGroupNorm, NeitherNeighboursNorThreadsChangeASample) {
  const at::Tensor x = Picture({5, 64, 20, 20});
  const at::Tensor weight = RepeatableNormal({64}), bias = RepeatableNormal({64});
  const auto norm = [&](const at::Tensor& input) {
    return ChannelsLastGroupNorm(input, 32, weight, bias, kEps, NormActivation::kSilu);
  };
  const at::Tensor together = norm(x);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(at::equal(norm(x.narrow(0, i, 1)), together.narrow(0, i, 1)));
  }
  at::set_num_threads(threads);
}

TEST(ChannelsLastGroupNorm, NanStaysNan) {
  at::Tensor x = Picture({2, 32, 4, 4});
  x[1][3][2][2] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor weight = RepeatableNormal({32}), bias = RepeatableNormal({32});
  const at::Tensor y = ChannelsLastGroupNorm(x, 8, weight, bias, kEps, NormActivation::kSilu);
  EXPECT_FALSE(at::isnan(y[0]).any().item<bool>());
  EXPECT_TRUE(at::isnan(y[1][3]).all().item<bool>());
}

TEST(IsChannelsLastNormable, LeavesGradientsAndOtherLayoutsToLibTorch) {
  const at::Tensor x = Picture({2, 32, 4, 4}), weight = RepeatableNormal({32});
  EXPECT_TRUE(IsChannelsLastNormable(x, weight));
  EXPECT_FALSE(IsChannelsLastNormable(x.contiguous(), weight));
  EXPECT_FALSE(IsChannelsLastNormable(x.to(at::kBFloat16), weight));
  EXPECT_FALSE(IsChannelsLastNormable(x, weight.clone().set_requires_grad(true)));
  EXPECT_FALSE(IsChannelsLastNormable(x.clone().set_requires_grad(true), weight));
}

}  // namespace
}  // namespace strobe::model
