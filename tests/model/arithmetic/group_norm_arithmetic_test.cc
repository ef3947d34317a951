#include "model/arithmetic/group_norm_arithmetic.h"

#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>
#include <gtest/gtest.h>

#include "model/layers/channels_last_group_norm.h"
#include "tests/model/float32_closeness.h"
#include "tests/model/repeatable_normal.h"

namespace strobe::model {
namespace {

constexpr double kEps = 1e-5;
constexpr int64_t kThreads = 256;

// What the kernels do, a thread after the other.
at::Tensor NormAsKernelsDo(const at::Tensor& input, int64_t groups, const at::Tensor& weight,
                           const at::Tensor& bias) {
  const int64_t pixels = input.size(2) * input.size(3);
  const NormGeometry g{input.size(0), input.size(1), groups, pixels, RunPixelsOfKernels(pixels)};
  const float* const x = input.const_data_ptr<float>();
  const auto load = [x](int64_t i) { return x[i]; };
  at::Tensor output = at::empty_like(input);
  std::vector<Moments> moments(g.samples * g.runs() * g.channels);
  for (int64_t sample = 0; sample < g.samples; ++sample) {
    for (int64_t run = 0; run < g.runs(); ++run) {
      for (int64_t c = 0; c < g.channels; ++c) {
        moments[g.MomentsAt(sample, run) + c] = MomentsOfRun(g, load, sample, run, c);
      }
    }
    const auto count = static_cast<double>(g.pixels * g.width());
    for (int64_t channel = 0; channel < g.channels; ++channel) {
      const int64_t group = channel / g.width();
      double sum = 0, deviation = 0;
      for (int64_t thread = 0; thread < kThreads; ++thread) {
        sum += PartOfSum(g, load, moments.data(), sample, group, thread, kThreads);
      }
      for (int64_t thread = 0; thread < kThreads; ++thread) {
        deviation +=
            PartOfDeviation(g, load, moments.data(), sum / count, sample, group, thread, kThreads);
      }
      const Affine affine =
          AffineOf(sum / count, deviation / count, kEps, weight.const_data_ptr<float>()[channel],
                   bias.const_data_ptr<float>()[channel]);
      float* const y = output.mutable_data_ptr<float>();
      for (int64_t i = g.SampleAt(sample) + channel; i < g.SampleAt(sample + 1); i += g.channels) {
        y[i] = Silu(x[i] * affine.scale + affine.offset);
      }
    }
  }
  return output;
}

at::Tensor NormInDouble(const at::Tensor& x, int64_t groups, const at::Tensor& weight,
                        const at::Tensor& bias) {
  return at::silu(at::group_norm(x.to(at::kDouble), groups, weight.to(at::kDouble),
                                 bias.to(at::kDouble), kEps));
}

at::Tensor Picture(at::IntArrayRef shape) {
  return RepeatableNormal(shape).mul(3).add(0.5).contiguous(at::MemoryFormat::ChannelsLast);
}

struct Case {
  int64_t batch, channels, groups, height, width;
};

class KernelOrderTest : public testing::TestWithParam<Case> {};

TEST_P(KernelOrderTest, GivesWhatTheLoopsOfTheCpuGive) {
  const Case& c = GetParam();
  const at::Tensor x = Picture({c.batch, c.channels, c.height, c.width});
  const at::Tensor weight = RepeatableNormal({c.channels}), bias = RepeatableNormal({c.channels});
  const at::Tensor expected =
      ChannelsLastGroupNorm(x, c.groups, weight, bias, kEps, NormActivation::kSilu);
  EXPECT_TRUE(IsAsCloseAsFloat32Is(NormAsKernelsDo(x, c.groups, weight, bias), expected,
                                   NormInDouble(x, c.groups, weight, bias)));
}

// The last one has runs longer than the least, and a short one at the end.
INSTANTIATE_TEST_SUITE_P(Shapes, KernelOrderTest,
                         testing::Values(Case{1, 32, 4, 1, 1}, Case{1, 96, 32, 8, 8},
                                         Case{3, 20, 4, 7, 5}, Case{2, 64, 1, 33, 3},
                                         Case{1, 8, 4, 203, 201}));

TEST(KernelOrder, SurvivesAMeanFarLargerThanTheDeviation) {
  const at::Tensor x = Picture({1, 32, 16, 16}) + 10000.0;
  const at::Tensor weight = RepeatableNormal({32}), bias = RepeatableNormal({32});
  const at::Tensor expected =
      ChannelsLastGroupNorm(x, 8, weight, bias, kEps, NormActivation::kSilu);
  EXPECT_TRUE(IsAsCloseAsFloat32Is(NormAsKernelsDo(x, 8, weight, bias), expected,
                                   NormInDouble(x, 8, weight, bias)));
}

TEST(KernelOrder, NeighboursChangeNothing) {
  const at::Tensor x = Picture({3, 16, 9, 9});
  const at::Tensor weight = RepeatableNormal({16}), bias = RepeatableNormal({16});
  const at::Tensor together = NormAsKernelsDo(x, 4, weight, bias);
  const at::Tensor alone = NormAsKernelsDo(x.narrow(0, 1, 1), 4, weight, bias);
  EXPECT_TRUE(at::equal(together.narrow(0, 1, 1), alone));
}

TEST(RunPixelsOfKernels, MakesAtMost2048RunsOfAtLeast16Pixels) {
  for (const int64_t pixels : {1, 15, 64, 4096, 32768, 32769, 262144, 4194304}) {
    const NormGeometry g{1, 1, 1, pixels, RunPixelsOfKernels(pixels)};
    EXPECT_GE(g.run_pixels, 16);
    EXPECT_LE(g.runs(), 2048);
    int64_t sum = 0;
    for (int64_t run = 0; run < g.runs(); ++run) sum += g.PixelsOf(run);
    EXPECT_EQ(sum, pixels);
  }
}

}  // namespace
}  // namespace strobe::model
