#include "model/training/networks/lora_unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"
#include "tests/model/training/tiny_networks.h"

namespace strobe::model {
namespace {

class LoraUnetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    plain_ = TinyUnet(1, base_);
    base_.SetTrainable(false);
    lora_.Add(MakeLora(base_.tensors(), 2, 7));
    adapted_ = *BuildLoraUnet(plain_->config(), &base_, &lora_);
  }

  static at::Tensor Run(const UNet2DConditionModel& unet) {
    return unet.Forward(UnitNormal(3, 0, {2, 4, 4, 4}), at::tensor({999.0f, 10.0f}),
                        {UnitNormal(3, 1, {2, 5, 16})});
  }

  ParameterSet base_;
  ParameterSet lora_;
  std::unique_ptr<UNet2DConditionModel> plain_;
  std::unique_ptr<UNet2DConditionModel> adapted_;
};

TEST_F(LoraUnetTest, NewAdaptersChangeNothing) {
  EXPECT_TRUE(at::equal(Run(*adapted_), Run(*plain_)));
}

TEST_F(LoraUnetTest, TheGradientReachesTheAdaptersAlone) {
  Run(*adapted_).square().mean().backward();
  double sum = 0.0;
  for (const auto& [name, tensor] : lora_.tensors()) {
    if (tensor.grad().defined()) sum += tensor.grad().abs().sum().item<double>();
  }
  EXPECT_GT(sum, 0.0);
  for (const auto& [name, tensor] : base_.tensors()) EXPECT_FALSE(tensor.grad().defined()) << name;
}

TEST_F(LoraUnetTest, MergedWeightsComputeWhatTheAdaptersDo) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : lora_.tensors()) tensor.add_(0.1);
  ParameterSet merged;
  merged.Add(MergeLora(base_.tensors(), lora_.tensors()));
  const auto unet = TinyUnet(1, merged);
  EXPECT_FALSE(at::equal(Run(*unet), Run(*plain_)));
  EXPECT_LT((Run(*unet) - Run(*adapted_)).abs().max().item<float>(), 1e-6);
}

}  // namespace
}  // namespace strobe::model
