// One step of each scheduler against what diffusers 0.42.1 computes for the same numbers.

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

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::FloatNear;

json Config(const char* class_name) {
  return {{"_class_name", class_name},
          {"timestep_spacing", "trailing"},
          {"beta_start", 0.00085},
          {"beta_end", 0.012},
          {"beta_schedule", "scaled_linear"}};
}

StepTable Build(const json& config, const StepTableRequest& request) {
  const auto builder = StepTableBuilder::FromJson(config);
  EXPECT_TRUE(builder.ok()) << builder.status();
  const auto table = builder->Build(request);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.value_or(StepTable());
}

StepTableRequest Steps(int count, double eta = 0.0) {
  StepTableRequest request;
  request.num_inference_steps = count;
  request.eta = eta;
  return request;
}

at::Tensor Row(const std::vector<float>& values) {
  return at::tensor(at::ArrayRef<float>(values)).view({1, 1, 1, -1});
}

// The latents after step `index` from fixed latents, output and noise.
std::vector<float> After(const StepTable& table, int index) {
  const at::Tensor latents = Row({0.7f, -1.2f, 0.3f});
  const StepResult result =
      ApplyStep(Row({0.5f, 0.25f, -2.0f}), latents, {RuleOfStep(table, index)}, latents,
                Row({-0.4f, 1.1f, 0.9f}));
  const at::Tensor values = result.latents.flatten().contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

std::vector<double> Timesteps(const StepTable& table) {
  std::vector<double> timesteps;
  for (const StepRow& row : table.rows) timesteps.push_back(row.timestep);
  return timesteps;
}

auto Near(float a, float b, float c) {
  return ElementsAre(FloatNear(a, 2e-5f), FloatNear(b, 2e-5f), FloatNear(c, 2e-5f));
}

TEST(DiffusionSchedulersTest, EulerAncestralRenoisesAsDiffusersDoes) {
  const StepTable table = Build(Config("EulerAncestralDiscreteScheduler"), Steps(4));
  EXPECT_THAT(Timesteps(table), ElementsAre(999, 749, 499, 249));
  EXPECT_THAT(After(table, 0), Near(0.463807f, -3.958652f, 8.297873f));
  EXPECT_THAT(After(table, 1), Near(0.330319f, -2.252285f, 4.997005f));
  EXPECT_THAT(After(table, 2), Near(0.345647f, -1.575905f, 3.092239f));
  EXPECT_THAT(After(table, 3), Near(0.505138f, -1.633428f, 1.751442f));
  EXPECT_TRUE(RuleOfStep(table, 0).DrawsNoise());
  EXPECT_FALSE(RuleOfStep(table, 3).DrawsNoise());
}

TEST(DiffusionSchedulersTest, TcdJumpsAndRenoisesByItsEta) {
  const StepTable table = Build(Config("TCDScheduler"), Steps(4, 0.3));
  EXPECT_THAT(Timesteps(table), ElementsAre(999, 759, 499, 259));
  EXPECT_THAT(After(table, 0), Near(0.525471f, -3.777918f, 7.656719f));
  EXPECT_THAT(After(table, 1), Near(0.481538f, -2.458138f, 4.751272f));
  EXPECT_THAT(After(table, 2), Near(0.478606f, -1.631740f, 2.582957f));
  EXPECT_THAT(After(table, 3), Near(0.516984f, -1.650097f, 1.749243f));
}

TEST(DiffusionSchedulersTest, TcdWithoutEtaDrawsNothingAndEndsAtLevelZero) {
  const StepTable table = Build(Config("TCDScheduler"), Steps(2));
  EXPECT_FALSE(RuleOfStep(table, 0).DrawsNoise());
  EXPECT_NEAR(table.rows.back().next.sigma, 0.02915, 1e-5);
}

TEST(DiffusionSchedulersTest, NitroFusionShowsSmallerLabelsThanItNoisesTo) {
  json config = Config("LCMScheduler");
  config["shifted_timestep"] = 250;
  const StepTable shifted = Build(config, Steps(4));
  const StepTable plain = Build(Config("LCMScheduler"), Steps(4));
  EXPECT_THAT(Timesteps(shifted), ElementsAre(249, 189, 124, 64));
  EXPECT_EQ(shifted.rows[0].next.sigma, plain.rows[0].next.sigma);
  EXPECT_LT(shifted.rows[0].level.sigma, plain.rows[0].level.sigma);
}

TEST(DiffusionSchedulersTest, EulerThatEndsWithNoiseDecodesTheVarianceExplodingLatents) {
  json config = Config("EulerDiscreteScheduler");
  EXPECT_EQ(Build(config, Steps(2)).final_scale, 1.0);
  config["final_sigmas_type"] = "sigma_min";
  EXPECT_NEAR(Build(config, Steps(2)).final_scale, 1.000425, 1e-6);
}

}  // namespace
}  // namespace strobe::model
