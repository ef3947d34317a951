#include "model/cuda/device_group_norm.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isnan.h>

#include "model/layers/channels_last_group_norm.h"
#include "tests/model/cuda/cuda_test.h"
#include "tests/model/repeatable_normal.h"

namespace strobe::model {
namespace {

constexpr double kEps = 1e-5;

struct Case {
  int64_t batch, channels, groups, height, width;
};

// Half a unit in the last place of the dtype, and what float32 sums may differ by.
double RelativeTolerance(at::ScalarType dtype) {
  if (dtype == at::kBFloat16) return 0x1p-8 + 1e-5;
  return dtype == at::kHalf ? 0x1p-11 + 1e-5 : 1e-5;
}

class DeviceGroupNormTest : public CudaTest {
 protected:
  static at::Tensor Picture(const Case& c, at::ScalarType dtype) {
    return (RepeatableNormal({c.batch, c.channels, c.height, c.width}) * 3 + 0.5)
        .to(dtype)
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  static void ExpectWhatTheCpuGives(const Case& c, at::ScalarType dtype,
                                    NormActivation activation) {
    const at::Tensor x = Picture(c, dtype);
    const at::Tensor weight = RepeatableNormal({c.channels}).to(dtype);
    const at::Tensor bias = RepeatableNormal({c.channels}).to(dtype);
    const at::Tensor expected = ChannelsLastGroupNorm(
        x.to(at::kFloat), c.groups, weight.to(at::kFloat), bias.to(at::kFloat), kEps, activation);
    ASSERT_TRUE(IsChannelsLastNormable(OnDevice(x), OnDevice(weight)));
    const at::Tensor normed = ChannelsLastGroupNorm(OnDevice(x), c.groups, OnDevice(weight),
                                                    OnDevice(bias), kEps, activation);
    EXPECT_EQ(normed.scalar_type(), dtype);
    EXPECT_TRUE(normed.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(at::allclose(normed.cpu().to(at::kFloat), expected, RelativeTolerance(dtype), 1e-5))
        << dtype << " " << c.channels << "x" << c.height << "x" << c.width;
  }
};

TEST_F(DeviceGroupNormTest, GivesWhatTheCpuGivesForEveryDtypeAndShape) {
  const Case cases[] = {{1, 32, 4, 1, 1},  {1, 96, 32, 8, 8},    {3, 20, 4, 7, 5},
                        {2, 64, 1, 33, 3}, {8, 320, 32, 16, 24}, {1, 128, 32, 257, 255}};
  for (const at::ScalarType dtype : {at::kFloat, at::kHalf, at::kBFloat16}) {
    for (const Case& c : cases) {
      ExpectWhatTheCpuGives(c, dtype, NormActivation::kSilu);
      ExpectWhatTheCpuGives(c, dtype, NormActivation::kNone);
    }
  }
}

TEST_F(DeviceGroupNormTest, NeighboursChangeNoBit) {
  const at::Tensor x = OnDevice(Picture({5, 64, 32, 40, 40}, at::kBFloat16));
  const at::Tensor weight = OnDevice(RepeatableNormal({64}).to(at::kBFloat16)), bias = weight.neg();
  const at::Tensor together = GroupNormOnDevice(x, 32, weight, bias, kEps, true);
  for (int64_t i = 0; i < 5; ++i) {
    const at::Tensor alone = GroupNormOnDevice(x.narrow(0, i, 1), 32, weight, bias, kEps, true);
    EXPECT_TRUE(at::equal(alone, together.narrow(0, i, 1)));
  }
}

TEST_F(DeviceGroupNormTest, TheSameInputGivesTheSameBitsAgain) {
  const at::Tensor x = OnDevice(Picture({2, 320, 32, 64, 64}, at::kFloat));
  const at::Tensor weight = OnDevice(RepeatableNormal({320})),
                   bias = OnDevice(RepeatableNormal({320}));
  const at::Tensor first = GroupNormOnDevice(x, 32, weight, bias, kEps, true);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(at::equal(GroupNormOnDevice(x, 32, weight, bias, kEps, true), first));
  }
}

TEST_F(DeviceGroupNormTest, NanStaysInItsGroup) {
  at::Tensor x = Picture({1, 32, 8, 4, 4}, at::kFloat);
  x[0][3][2][2] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor weight = OnDevice(RepeatableNormal({32})),
                   bias = OnDevice(RepeatableNormal({32}));
  const at::Tensor y = GroupNormOnDevice(OnDevice(x), 8, weight, bias, kEps, true).cpu();
  EXPECT_TRUE(at::isnan(y[0].narrow(0, 0, 4)).all().item<bool>());
  EXPECT_FALSE(at::isnan(y[0].narrow(0, 4, 28)).any().item<bool>());
}

}  // namespace
}  // namespace strobe::model
