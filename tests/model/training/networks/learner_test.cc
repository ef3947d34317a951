#include "model/training/networks/learner.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/layers/linear.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

LearnerOptions Options() {
  LearnerOptions options;
  options.schedule = {0.1, 10, 0, 1.0};
  options.adam.weight_decay = 0.0;
  options.ema_decay = 0.5;
  return options;
}

TEST(LearnerTest, GradientsReachTheWeightsThroughAModuleThatServes) {
  ParameterSet weights;
  StateDictLoader loader = weights.Loader("test", [](const std::string&, at::IntArrayRef shape) {
    return at::tensor({1.0f, 2.0f}).view(shape);
  });
  const Linear linear(loader, "linear", {2, 1, false});
  ASSERT_TRUE(loader.Finish().ok());
  Learner learner({{"g", &weights, 1.0}}, Options());
  const at::Tensor input = at::tensor({3.0f, -1.0f}).view({1, 2});
  const auto report = learner.Step(linear.Forward(input).sum(), 0);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_DOUBLE_EQ(report->loss, 1.0);
  EXPECT_NEAR(report->gradient_norm, std::sqrt(10.0), 1e-6);
  // The first step of AdamW is the learning rate against the sign of the gradient.
  const at::Tensor weight = weights.tensors().at("linear.weight").flatten();
  EXPECT_NEAR(weight[0].item<float>(), 0.9f, 1e-5);
  EXPECT_NEAR(weight[1].item<float>(), 2.1f, 1e-5);
  EXPECT_NEAR(linear.Forward(input).item<float>(), 0.9f * 3 - 2.1f, 1e-5);
}

TEST(LearnerTest, ALossThatIsNotFiniteNamesTheStepAndChangesNothing) {
  ParameterSet weights;
  weights.Add({{"w", at::tensor({1.0f})}});
  Learner learner({{"g", &weights, 1.0}}, Options());
  const at::Tensor loss =
      weights.tensors().at("w").sum() * std::numeric_limits<double>::quiet_NaN();
  const auto report = learner.Step(loss, 17);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("step 17"));
  EXPECT_EQ(weights.tensors().at("w").item<float>(), 1.0f);
}

TEST(LearnerTest, GradientsAreClippedToACommonNorm) {
  ParameterSet first;
  ParameterSet second;
  first.Add({{"w", at::tensor({0.0f})}});
  second.Add({{"w", at::tensor({0.0f})}});
  first.tensors().at("w").mutable_grad() = at::tensor({3.0f});
  second.tensors().at("w").mutable_grad() = at::tensor({4.0f});
  EXPECT_NEAR(ClipGradientNorm({{"a", &first}, {"b", &second}}, 1.0), 5.0, 1e-6);
  EXPECT_NEAR(first.tensors().at("w").grad().item<float>(), 0.6f, 1e-6);
  EXPECT_NEAR(second.tensors().at("w").grad().item<float>(), 0.8f, 1e-6);
  EXPECT_NEAR(ClipGradientNorm({{"a", &first}, {"b", &second}}, 0.0), 1.0, 1e-6);
}

TEST(LearnerTest, TheAverageFollowsTheWeights) {
  ParameterSet weights;
  weights.Add({{"w", at::tensor({1.0f})}});
  Learner learner({{"g", &weights, 1.0}}, Options());
  ASSERT_TRUE(learner.Step(weights.tensors().at("w").sum(), 0).ok());
  // The first decay is 1 / 10.
  EXPECT_NEAR(learner.averaged(0).tensors().at("w").item<float>(), 0.1f + 0.9f * 0.9f, 1e-5);
}

}  // namespace
}  // namespace strobe::model
