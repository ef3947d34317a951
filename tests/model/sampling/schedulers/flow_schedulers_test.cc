// Flow matching's step tables against what diffusers 0.42.1 computes for the same numbers.

#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/sampling/few_step_sampler.h"
#include "model/sampling/step_table_builder.h"

namespace strobe::model {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

absl::StatusOr<StepTable> Build(const char* config, const StepTableRequest& request) {
  const auto builder = StepTableBuilder::FromJson(nlohmann::json::parse(config));
  if (!builder.ok()) return builder.status();
  return builder->Build(request);
}

StepTableRequest Steps(int count) {
  StepTableRequest request;
  request.num_inference_steps = count;
  return request;
}

std::vector<double> Sigmas(const StepTable& table) {
  std::vector<double> sigmas;
  for (const StepRow& row : table.rows) sigmas.push_back(row.level.sigma);
  return sigmas;
}

auto Near(double value) { return DoubleNear(value, 1e-6); }

std::vector<float> After(const StepTable& table, int index) {
  const auto row = [](const std::vector<float>& values) {
    return at::tensor(at::ArrayRef<float>(values)).view({1, 1, 1, -1});
  };
  const StepResult result = ApplyStep(row({0.5f, 0.25f, -2.0f}), row({0.7f, -1.2f, 0.3f}),
                                      {RuleOfStep(table, index)}, {}, row({-0.4f, 1.1f, 0.9f}));
  const at::Tensor values = result.latents.flatten().contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

constexpr char kFlux[] = R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0})";
constexpr char kScm[] = R"({"_class_name": "SCMScheduler"})";

TEST(FlowSchedulersTest, OwnSigmasOfFlowMatchEulerAreShiftedTwice) {
  const auto table = Build(kFlux, Steps(4));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(Sigmas(*table),
              ElementsAre(Near(1.0), Near(0.8576923), Near(0.6021506), Near(0.0089286)));
  EXPECT_NEAR(table->rows[1].timestep, 857.6923, 1e-3);
  EXPECT_EQ(table->initial_noise_scale, 1.0);
}

TEST(FlowSchedulersTest, GivenSigmasAreShiftedOnce) {
  StepTableRequest request = Steps(4);
  request.sigmas = {1.0, 0.75, 0.5, 0.25};
  EXPECT_THAT(Sigmas(*Build(kFlux, request)),
              ElementsAre(Near(1.0), Near(0.9), Near(0.75), Near(0.5)));
}

TEST(FlowSchedulersTest, ADynamicShiftNeedsTheResolutionsAndMayStretchToATerminal) {
  constexpr char kDynamic[] = R"({"_class_name": "FlowMatchEulerDiscreteScheduler",
                                  "use_dynamic_shifting": true})";
  constexpr char kStretched[] = R"({"_class_name": "FlowMatchEulerDiscreteScheduler",
      "use_dynamic_shifting": true, "time_shift_type": "linear", "shift_terminal": 0.1})";
  StepTableRequest request = Steps(3);
  EXPECT_THAT(std::string(Build(kDynamic, request).status().message()), HasSubstr("shift"));
  request.mu = 0.8;
  EXPECT_THAT(Sigmas(*Build(kDynamic, request)),
              ElementsAre(Near(1.0), Near(0.6904022), Near(0.0022228)));
  EXPECT_THAT(Sigmas(*Build(kStretched, request)),
              ElementsAre(Near(1.0), Near(0.5000445), Near(0.1)));
}

TEST(FlowSchedulersTest, AFlowStepIsThatOfDiffusers) {
  const auto table = Build(kFlux, Steps(4));
  const auto near = [](float value) { return FloatNear(value, 1e-6f); };
  EXPECT_THAT(After(*table, 0), ElementsAre(near(0.628846f), near(-1.235577f), near(0.584615f)));
  EXPECT_THAT(After(*table, 1), ElementsAre(near(0.572229f), near(-1.263885f), near(0.811083f)));
}

TEST(FlowSchedulersTest, AnScmStepIsThatOfDiffusers) {
  const auto table = Build(kScm, Steps(2));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->initial_noise_scale, 0.5);
  EXPECT_EQ(table->rows[1].timestep, 1.3);
  const auto near = [](float value) { return FloatNear(value, 1e-5f); };
  EXPECT_THAT(After(*table, 0), ElementsAre(near(-0.326462f), near(0.463083f), near(0.968599f)));
  EXPECT_THAT(After(*table, 1), ElementsAre(near(-0.294530f), near(-0.561888f), near(2.007366f)));
}

TEST(FlowSchedulersTest, ScmSpacesItsAnglesEvenlyBeyondTwoSteps) {
  const auto table = Build(kScm, Steps(4));
  std::vector<double> angles;
  for (const StepRow& row : table->rows) angles.push_back(row.timestep);
  EXPECT_THAT(angles, ElementsAre(Near(1.5708), Near(1.1781), Near(0.7854), Near(0.3927)));
}

TEST(FlowSchedulersTest, RefusesLevelsThatDoNotDescendOrDoNotCount) {
  StepTableRequest request = Steps(2);
  request.sigmas = {0.5, 0.75};
  EXPECT_THAT(std::string(Build(kFlux, request).status().message()), HasSubstr("must descend"));
  request.sigmas = {0.5};
  EXPECT_THAT(std::string(Build(kFlux, request).status().message()), HasSubstr("for 2 steps"));
  request.timesteps = {1.6, 1.0};
  EXPECT_FALSE(Build(kScm, request).ok());
}

}  // namespace
}  // namespace strobe::model
