#include "model/training/networks/adam_w.h"

#include <cmath>

#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/training/networks/learning_rate.h"

namespace strobe::model {
namespace {

TEST(AdamWTest, TwoStepsAreThoseOfAlgorithmTwo) {
  ParameterSet parameters;
  parameters.Add({{"w", at::tensor({1.0f, -2.0f})}});
  AdamW optimizer(&parameters, {0.9, 0.99, 1e-8, 0.1});
  const at::Tensor weight = parameters.tensors().at("w");
  const double rate = 0.01;
  double expected[2] = {1.0, -2.0};
  double first[2] = {0, 0};
  double second[2] = {0, 0};
  const double gradients[2][2] = {{0.5, -3.0}, {0.25, 1.0}};
  for (int step = 1; step <= 2; ++step) {
    weight.mutable_grad() = at::tensor(
        {static_cast<float>(gradients[step - 1][0]), static_cast<float>(gradients[step - 1][1])});
    optimizer.Step(step, rate);
    for (int i = 0; i < 2; ++i) {
      const double g = gradients[step - 1][i];
      first[i] = 0.9 * first[i] + 0.1 * g;
      second[i] = 0.99 * second[i] + 0.01 * g * g;
      const double m = first[i] / (1 - std::pow(0.9, step));
      const double v = second[i] / (1 - std::pow(0.99, step));
      expected[i] -= rate * 0.1 * expected[i];
      expected[i] -= rate * m / (std::sqrt(v) + 1e-8);
      EXPECT_NEAR(weight[i].item<double>(), expected[i], 1e-6) << step;
    }
  }
}

TEST(AdamWTest, AParameterWithoutAGradientStays) {
  ParameterSet parameters;
  parameters.Add({{"w", at::tensor({1.0f})}});
  AdamW optimizer(&parameters, {});
  optimizer.Step(1, 0.1);
  EXPECT_EQ(parameters.tensors().at("w").item<float>(), 1.0f);
}

TEST(AdamWTest, TheStateIsTheMomentsThemselves) {
  ParameterSet parameters;
  parameters.Add({{"w", at::tensor({1.0f})}});
  AdamW optimizer(&parameters, {});
  const StateDict state = optimizer.State();
  parameters.tensors().at("w").mutable_grad() = at::tensor({2.0f});
  optimizer.Step(1, 0.1);
  EXPECT_NEAR(state.at("first.w").item<float>(), 0.2f, 1e-6);
  EXPECT_NEAR(state.at("second.w").item<float>(), 0.04f, 1e-6);
}

TEST(LearningRateScheduleTest, WarmsUpStaysAndFallsToNothing) {
  const LearningRateSchedule schedule = {2.0, 100, 10, 0.5};
  EXPECT_DOUBLE_EQ(schedule.At(0), 0.2);
  EXPECT_DOUBLE_EQ(schedule.At(9), 2.0);
  EXPECT_DOUBLE_EQ(schedule.At(50), 2.0);
  EXPECT_NEAR(schedule.At(75), 1.0, 1e-12);
  EXPECT_LT(schedule.At(99), 0.01);
  EXPECT_GT(schedule.At(99), 0.0);
}

}  // namespace
}  // namespace strobe::model
