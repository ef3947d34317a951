#include "model/sampling/step_table_builder.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace strobe::model {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json Config(const char* class_name, const char* spacing = "trailing") {
  return {{"_class_name", class_name}, {"timestep_spacing", spacing},      {"beta_start", 0.00085},
          {"beta_end", 0.012},         {"beta_schedule", "scaled_linear"}, {"steps_offset", 1}};
}

StepTable Build(const json& config, const StepTableRequest& request) {
  const auto builder = StepTableBuilder::FromJson(config);
  EXPECT_TRUE(builder.ok()) << builder.status();
  const auto table = builder->Build(request);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.value_or(StepTable());
}

StepTable Build(const json& config, int steps) {
  StepTableRequest request;
  request.num_inference_steps = steps;
  return Build(config, request);
}

std::string ErrorOf(const json& config, const StepTableRequest& request) {
  const auto builder = StepTableBuilder::FromJson(config);
  if (!builder.ok()) return std::string(builder.status().message());
  return std::string(builder->Build(request).status().message());
}

std::vector<double> Timesteps(const StepTable& table) {
  std::vector<double> timesteps;
  for (const StepRow& row : table.rows) timesteps.push_back(row.timestep);
  return timesteps;
}

double Sigma(const NoiseLevel& level) { return level.sigma / level.alpha; }
double Abar(const NoiseLevel& level) { return level.alpha * level.alpha; }

constexpr double kAbar0 = 0.999149978;

TEST(StepTableBuilderTest, TrailingLabelsAreThoseOfDiffusers) {
  for (const char* const scheduler : {"EulerDiscreteScheduler", "DDIMScheduler"}) {
    const json config = Config(scheduler);
    EXPECT_THAT(Timesteps(Build(config, 1)), ElementsAre(999));
    EXPECT_THAT(Timesteps(Build(config, 2)), ElementsAre(999, 499));
    EXPECT_THAT(Timesteps(Build(config, 3)), ElementsAre(999, 666, 332));
    EXPECT_THAT(Timesteps(Build(config, 4)), ElementsAre(999, 749, 499, 249));
    EXPECT_THAT(Timesteps(Build(config, 7)), ElementsAre(999, 856, 713, 570, 428, 285, 142));
    EXPECT_THAT(Timesteps(Build(config, 8)), ElementsAre(999, 874, 749, 624, 499, 374, 249, 124));
    EXPECT_EQ(Build(config, 61).rows.size(), 61u);
  }
}

TEST(StepTableBuilderTest, LeadingAndLinspaceLabelsAreThoseOfDiffusers) {
  const json leading = Config("DDIMScheduler", "leading");
  EXPECT_THAT(Timesteps(Build(leading, 1)), ElementsAre(1));
  EXPECT_THAT(Timesteps(Build(leading, 3)), ElementsAre(667, 334, 1));
  EXPECT_THAT(Timesteps(Build(leading, 7)), ElementsAre(853, 711, 569, 427, 285, 143, 1));
  const json euler = Config("EulerDiscreteScheduler", "linspace");
  EXPECT_THAT(Timesteps(Build(euler, 1)), ElementsAre(0));
  EXPECT_THAT(Timesteps(Build(euler, 3)), ElementsAre(999, 499.5, 0));
  const json ddim = Config("DDIMScheduler", "linspace");
  EXPECT_THAT(Timesteps(Build(ddim, 3)), ElementsAre(999, 500, 0));
  EXPECT_THAT(Timesteps(Build(ddim, 8)), ElementsAre(999, 856, 714, 571, 428, 285, 143, 0));
}

TEST(StepTableBuilderTest, LcmLabelsIgnoreSpacingAndOffset) {
  const json config = Config("LCMScheduler", "linspace");
  EXPECT_THAT(Timesteps(Build(config, 1)), ElementsAre(999));
  EXPECT_THAT(Timesteps(Build(config, 2)), ElementsAre(999, 499));
  EXPECT_THAT(Timesteps(Build(config, 3)), ElementsAre(999, 679, 339));
  EXPECT_THAT(Timesteps(Build(config, 4)), ElementsAre(999, 759, 499, 259));
  EXPECT_THAT(Timesteps(Build(config, 8)), ElementsAre(999, 879, 759, 639, 499, 379, 259, 139));
}

TEST(StepTableBuilderTest, EulerGoesThroughItsSigmasToTheCleanImage) {
  const StepTable table = Build(Config("EulerDiscreteScheduler"), 3);
  const double sigmas[] = {14.61465, 2.918308, 0.9292149, 0.0};
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(Sigma(table.rows[i].level), sigmas[i], 1e-5 * sigmas[i]);
    EXPECT_NEAR(Sigma(table.rows[i].next), sigmas[i + 1], 1e-5 * sigmas[i]);
    EXPECT_EQ(table.rows[i].rho, 0.0);
  }
  EXPECT_EQ(table.rows.back().next.alpha, 1.0);
  EXPECT_EQ(table.rows.back().next.sigma, 0.0);
}

TEST(StepTableBuilderTest, EulerStartsBelowUnitVarianceUnlessSpacingIsLeading) {
  EXPECT_NEAR(Build(Config("EulerDiscreteScheduler"), 2).initial_noise_scale, 0.99767, 1e-5);
  EXPECT_EQ(Build(Config("EulerDiscreteScheduler", "leading"), 2).initial_noise_scale, 1.0);
  EXPECT_EQ(Build(Config("DDIMScheduler"), 2).initial_noise_scale, 1.0);
  EXPECT_EQ(Build(Config("LCMScheduler"), 2).initial_noise_scale, 1.0);
}

TEST(StepTableBuilderTest, EulerOptionsChangeTheSigmas) {
  json config = Config("EulerDiscreteScheduler");
  config["interpolation_type"] = "log_linear";
  const StepTable log_linear = Build(config, 3);
  EXPECT_NEAR(Sigma(log_linear.rows[1].level), 1.8400, 1e-4);
  EXPECT_NEAR(Sigma(log_linear.rows[2].level), 0.2317, 1e-4);
  EXPECT_NEAR(Sigma(log_linear.rows[2].next), 0.029168, 1e-5);
  config = Config("EulerDiscreteScheduler");
  config["final_sigmas_type"] = "sigma_min";
  config["rescale_betas_zero_snr"] = true;
  const StepTable zero_snr = Build(config, 2);
  EXPECT_NEAR(Sigma(zero_snr.rows[0].level), 4096.0, 0.01);
  EXPECT_NEAR(Sigma(zero_snr.rows[1].level), 1.7681, 1e-4);
  EXPECT_NEAR(Sigma(zero_snr.rows[1].next), 0.029168, 1e-5);
}

TEST(StepTableBuilderTest, DdimGoesToTheLabelMinusTheStrideNotToTheNextLabel) {
  const auto schedule = NoiseSchedule::Create({1000, 0.00085, 0.012, "scaled_linear"});
  const StepTable table = Build(Config("DDIMScheduler"), 3);
  EXPECT_EQ(Abar(table.rows[0].level), Abar(schedule->Level(999)));
  EXPECT_EQ(Abar(table.rows[0].next), Abar(schedule->Level(666)));
  EXPECT_EQ(Abar(table.rows[1].next), Abar(schedule->Level(333)));
  EXPECT_EQ(table.rows[2].next.alpha, 1.0);
  // With 6 steps the last destination is timestep 0, not the clean image.
  EXPECT_NEAR(Abar(Build(Config("DDIMScheduler"), 6).rows.back().next), kAbar0, 1e-7);
}

TEST(StepTableBuilderTest, DdimWithoutAlphaToOneKeepsALittleNoise) {
  json config = Config("DDIMScheduler");
  config["set_alpha_to_one"] = false;
  EXPECT_NEAR(Build(config, 2).rows.back().next.sigma, 0.02915, 1e-5);
}

TEST(StepTableBuilderTest, DdimEtaIsAShareOfTheAncestralNoise) {
  StepTableRequest request;
  request.num_inference_steps = 4;
  EXPECT_EQ(Build(Config("DDIMScheduler"), request).rows[0].rho, 0.0);
  request.eta = 1.0;
  // 1 - (sigma_next / sigma)^2: 0.922 from 999 to 749, 0.844 to 499, 0.815 to 249.
  const StepTable full = Build(Config("DDIMScheduler"), request);
  EXPECT_NEAR(full.rows[0].rho * full.rows[0].rho, 0.922, 5e-4);
  EXPECT_NEAR(full.rows[1].rho * full.rows[1].rho, 0.844, 5e-4);
  EXPECT_NEAR(full.rows[2].rho * full.rows[2].rho, 0.815, 5e-4);
  request.eta = 0.5;
  EXPECT_NEAR(Build(Config("DDIMScheduler"), request).rows[0].rho, 0.5 * full.rows[0].rho, 1e-12);
}

TEST(StepTableBuilderTest, LcmNoisesAgainAndKeepsTheBoundaryCondition) {
  const StepTable table = Build(Config("LCMScheduler"), 2);
  EXPECT_EQ(table.rows[0].rho, 1.0);
  EXPECT_NEAR(Abar(table.rows[0].next), 0.27766943, 1e-7);
  EXPECT_NEAR(table.rows[0].skip_scale, 2.5e-9, 1e-10);
  EXPECT_NEAR(table.rows[0].output_scale, 1.0, 1e-8);
  EXPECT_EQ(table.rows[1].next.alpha, 1.0);
  StepTableRequest request;
  request.timesteps = {19};
  EXPECT_NEAR(Build(Config("LCMScheduler"), request).rows[0].skip_scale, 6.9e-6, 1e-7);
}

TEST(StepTableBuilderTest, ExplicitLabelsAreTakenAsTheyAre) {
  StepTableRequest request;
  request.num_inference_steps = 3;
  request.timesteps = {999, 600, 120};
  for (const char* const scheduler : {"EulerDiscreteScheduler", "DDIMScheduler", "LCMScheduler"}) {
    const StepTable table = Build(Config(scheduler), request);
    EXPECT_THAT(Timesteps(table), ElementsAre(999, 600, 120));
    EXPECT_NEAR(Abar(table.rows[0].next), Abar(table.rows[1].level), 1e-12);
    EXPECT_NEAR(Abar(table.rows[1].next), Abar(table.rows[2].level), 1e-12);
    EXPECT_EQ(table.rows[2].next.alpha, 1.0);
  }
}

TEST(StepTableBuilderTest, NoiseCorrectionNeedsMoreThanOneStep) {
  StepTableRequest request;
  request.noise_correction = true;
  EXPECT_FALSE(Build(Config("DDIMScheduler"), request).noise_correction);
  request.num_inference_steps = 2;
  EXPECT_TRUE(Build(Config("DDIMScheduler"), request).noise_correction);
}

TEST(StepTableBuilderTest, ClippingIsTakenOverExceptByEuler) {
  json config = Config("DDIMScheduler");
  config["clip_sample"] = true;
  config["clip_sample_range"] = 2.0;
  EXPECT_TRUE(Build(config, 1).clip_sample);
  EXPECT_EQ(Build(config, 1).clip_sample_range, 2.0);
  config["_class_name"] = "EulerDiscreteScheduler";
  EXPECT_FALSE(Build(config, 1).clip_sample);
}

TEST(StepTableBuilderTest, BadRequestsSayWhatIsWrong) {
  const json ddim = Config("DDIMScheduler");
  const json lcm = Config("LCMScheduler");
  EXPECT_THAT(ErrorOf(ddim, {0, {}}), HasSubstr("num_inference_steps is 0, must be 1 to 1000"));
  EXPECT_THAT(ErrorOf(lcm, {51, {}}), HasSubstr("num_inference_steps is 51, must be 1 to 50"));
  EXPECT_THAT(ErrorOf(ddim, {2, {999}}), HasSubstr("1 timesteps were given for 2 steps"));
  EXPECT_THAT(ErrorOf(ddim, {2, {499, 999}}), HasSubstr("timesteps must descend"));
  EXPECT_THAT(ErrorOf(ddim, {1, {1000}}), HasSubstr("timestep 1000 is not in 0..999"));
  EXPECT_THAT(ErrorOf(ddim, {1, {std::nan("")}}), HasSubstr("is not in 0..999"));
  EXPECT_THAT(ErrorOf(ddim, {1, {499.5}}), HasSubstr("needs whole numbers"));
  EXPECT_THAT(ErrorOf(ddim, {1, {}, 1.5}), HasSubstr("eta is 1.5, must be 0 to 1"));
  json zero_snr = ddim;
  zero_snr["rescale_betas_zero_snr"] = true;
  EXPECT_THAT(ErrorOf(zero_snr, {1, {}}), HasSubstr("prediction_type epsilon is undefined"));
  zero_snr["prediction_type"] = "v_prediction";
  EXPECT_EQ(ErrorOf(zero_snr, {1, {}}), "");
}

}  // namespace
}  // namespace strobe::model
