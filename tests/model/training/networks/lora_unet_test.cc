#include "model/training/networks/lora_unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"
#include "tests/model/float32_closeness.h"
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

  at::Tensor RunInDouble(const StateDict& weights) const {
    StateDictLoader::Options options;
    options.dtype = at::kDouble;
    StateDictLoader loader("unet", weights, options);
    const auto unet = UNet2DConditionModel::Create(plain_->config(), loader);
    EXPECT_TRUE(loader.Finish().ok());
    return unet->Forward(UnitNormal(3, 0, {2, 4, 4, 4}).to(at::kDouble), at::tensor({999.0, 10.0}),
                         {UnitNormal(3, 1, {2, 5, 16}).to(at::kDouble)});
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
  EXPECT_TRUE(IsAsCloseAsFloat32Is(Run(*adapted_), Run(*unet), RunInDouble(merged.tensors())));
}

}  // namespace
}  // namespace strobe::model
