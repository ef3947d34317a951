#include "model/sampling/scheduler_config.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace strobe::model {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

SchedulerConfig Read(const char* text, const std::string& class_name = "") {
  const auto config = SchedulerConfig::FromJson(json::parse(text), class_name);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(SchedulerConfig());
}

std::string ErrorOf(const char* text) {
  return std::string(SchedulerConfig::FromJson(json::parse(text)).status().message());
}

TEST(SchedulerConfigTest, MissingKeysHaveTheDefaultsOfTheirClass) {
  const SchedulerConfig euler = Read(R"({"_class_name": "EulerDiscreteScheduler"})");
  EXPECT_EQ(euler.noise.beta_schedule, "linear");
  EXPECT_EQ(euler.noise.beta_start, 0.0001);
  EXPECT_EQ(euler.noise.beta_end, 0.02);
  EXPECT_EQ(euler.timestep_spacing, TimestepSpacing::kLinspace);
  EXPECT_FALSE(euler.clip_sample);

  const SchedulerConfig ddim = Read(R"({"_class_name": "DDIMScheduler"})");
  EXPECT_EQ(ddim.noise.beta_schedule, "linear");
  EXPECT_EQ(ddim.timestep_spacing, TimestepSpacing::kLeading);
  EXPECT_TRUE(ddim.clip_sample);
  EXPECT_TRUE(ddim.set_alpha_to_one);

  const SchedulerConfig lcm = Read(R"({"_class_name": "LCMScheduler"})");
  EXPECT_EQ(lcm.noise.beta_schedule, "scaled_linear");
  EXPECT_EQ(lcm.noise.beta_start, 0.00085);
  EXPECT_EQ(lcm.noise.beta_end, 0.012);
  EXPECT_EQ(lcm.original_inference_steps, 50);
  EXPECT_EQ(lcm.timestep_scaling, 10.0);
  EXPECT_FALSE(lcm.clip_sample);
}

TEST(SchedulerConfigTest, KeysBeatDefaultsAndForeignKeysAreIgnored) {
  const SchedulerConfig config = Read(R"({
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.24.0.dev0",
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "clip_sample": true, "set_alpha_to_one": false, "skip_prk_steps": true, "sample_max_value": 1.0,
    "interpolation_type": "log_linear", "final_sigmas_type": "sigma_min",
    "prediction_type": "v_prediction", "steps_offset": 1, "timestep_spacing": "trailing",
    "timestep_type": "discrete", "trained_betas": null, "use_karras_sigmas": false})");
  EXPECT_EQ(config.scheduler_class, SchedulerClass::kEulerDiscrete);
  EXPECT_EQ(config.noise.beta_schedule, "scaled_linear");
  EXPECT_EQ(config.prediction_type, PredictionType::kVPrediction);
  EXPECT_EQ(config.timestep_spacing, TimestepSpacing::kTrailing);
  EXPECT_EQ(config.steps_offset, 1);
  EXPECT_TRUE(config.log_linear_interpolation);
  EXPECT_TRUE(config.final_sigma_is_min);
  EXPECT_FALSE(config.clip_sample);
}

TEST(SchedulerConfigTest, TheClassOfTheModelIndexBeatsTheOneInTheFile) {
  EXPECT_EQ(Read(R"({"_class_name": "PNDMScheduler"})", "LCMScheduler").scheduler_class,
            SchedulerClass::kLcm);
}

TEST(SchedulerConfigTest, AnUnsupportedClassIsNamed) {
  EXPECT_THAT(ErrorOf(R"({"_class_name": "PNDMScheduler"})"), HasSubstr("'PNDMScheduler'"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("scheduler class ''"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("must be a JSON object"));
}

TEST(SchedulerConfigTest, EveryUnsupportedOptionIsNamedInOneError) {
  EXPECT_THAT(ErrorOf(R"({"_class_name": "DDIMScheduler", "trained_betas": [0.1, 0.2],
                          "thresholding": true, "prediction_type": "flow", "steps_offset": -1,
                          "clip_sample": "yes"})"),
              AllOf(HasSubstr("'trained_betas' is [0.1,0.2], which is not supported"),
                    HasSubstr("'thresholding' is true"),
                    HasSubstr("'prediction_type' is \"flow\", supported: epsilon, sample"),
                    HasSubstr("'steps_offset' must be an integer"),
                    HasSubstr("'clip_sample' must be true or false")));
  EXPECT_THAT(ErrorOf(R"({"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true,
                          "use_beta_sigmas": true, "use_exponential_sigmas": true,
                          "timestep_type": "continuous", "final_sigmas_type": "x"})"),
              AllOf(HasSubstr("'use_karras_sigmas'"), HasSubstr("'use_beta_sigmas'"),
                    HasSubstr("'use_exponential_sigmas'"), HasSubstr("'timestep_type'"),
                    HasSubstr("'final_sigmas_type'")));
}

}  // namespace
}  // namespace strobe::model
