#include "model/sampling/schedulers/scheduler_list.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/sampling/step_table_builder.h"

namespace strobe::model {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<const Scheduler> Read(const json& config, const std::string& class_name = "") {
  auto scheduler = ReadSchedulerConfig(config, class_name);
  EXPECT_TRUE(scheduler.ok()) << scheduler.status();
  return *std::move(scheduler);
}

StepTable Table(const json& config, int steps) {
  const auto table = StepTableBuilder::FromJson(config)->Build({steps});
  EXPECT_TRUE(table.ok()) << table.status();
  return table.value_or(StepTable());
}

std::vector<double> Labels(const json& config, int steps) {
  std::vector<double> labels;
  for (const StepRow& row : Table(config, steps).rows) labels.push_back(row.timestep);
  return labels;
}

std::string ErrorOf(const char* text) {
  return std::string(ReadSchedulerConfig(json::parse(text)).status().message());
}

TEST(SchedulerListTest, MissingKeysHaveTheDefaultsOfTheirClass) {
  const json euler = {{"_class_name", "EulerDiscreteScheduler"}};
  EXPECT_EQ(Read(euler)->noise().beta_schedule, "linear");
  EXPECT_EQ(Read(euler)->noise().beta_start, 0.0001);
  EXPECT_EQ(Read(euler)->noise().beta_end, 0.02);
  EXPECT_THAT(Labels(euler, 3), ElementsAre(999, 499.5, 0));
  EXPECT_FALSE(Table(euler, 3).clip_sample);

  const json ddim = {{"_class_name", "DDIMScheduler"}};
  EXPECT_EQ(Read(ddim)->noise().beta_schedule, "linear");
  EXPECT_THAT(Labels(ddim, 2), ElementsAre(500, 0));
  EXPECT_TRUE(Table(ddim, 2).clip_sample);
  EXPECT_EQ(Table(ddim, 2).rows.back().next.alpha, 1.0);

  const json lcm = {{"_class_name", "LCMScheduler"}};
  EXPECT_EQ(Read(lcm)->noise().beta_schedule, "scaled_linear");
  EXPECT_EQ(Read(lcm)->noise().beta_start, 0.00085);
  EXPECT_EQ(Read(lcm)->noise().beta_end, 0.012);
  EXPECT_EQ(Read(lcm)->max_own_steps(), 50);
  EXPECT_NEAR(Table(lcm, 1).rows[0].skip_scale, 2.5e-9, 1e-10);  // timestep_scaling 10
  EXPECT_FALSE(Table(lcm, 1).clip_sample);
}

TEST(SchedulerListTest, KeysBeatDefaultsAndForeignKeysAreIgnored) {
  const json config = json::parse(R"({
    "_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.24.0.dev0",
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "clip_sample": true, "set_alpha_to_one": false, "skip_prk_steps": true, "sample_max_value": 1.0,
    "interpolation_type": "log_linear", "final_sigmas_type": "sigma_min",
    "prediction_type": "v_prediction", "steps_offset": 1, "timestep_spacing": "leading",
    "timestep_type": "discrete", "trained_betas": null, "use_karras_sigmas": false})");
  EXPECT_EQ(Read(config)->noise().beta_schedule, "scaled_linear");
  EXPECT_EQ(Read(config)->prediction_type(), PredictionType::kVPrediction);
  EXPECT_THAT(Labels(config, 2), ElementsAre(501, 1));
  const StepTable table = Table(config, 2);
  EXPECT_NEAR(table.rows[1].level.sigma / table.rows[1].level.alpha, 0.652905, 1e-5);
  EXPECT_GT(table.rows.back().next.sigma, 0.0);
  EXPECT_FALSE(table.clip_sample);
}

TEST(SchedulerListTest, TheClassOfTheModelIndexBeatsTheOneInTheFile) {
  EXPECT_EQ(Read({{"_class_name", "PNDMScheduler"}}, "LCMScheduler")->max_own_steps(), 50);
}

TEST(SchedulerListTest, EachNameIsThatOfOneScheduler) {
  const std::string error = ErrorOf(R"({"_class_name": "?"})");
  for (const char* name : {"EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler",
                           "DDIMScheduler", "LCMScheduler", "TimestepShiftLCMScheduler",
                           "TCDScheduler", "FlowMatchEulerDiscreteScheduler", "SCMScheduler"}) {
    EXPECT_THAT(error, HasSubstr(name));
    const bool is_flow = std::string(name).find("Flow") == 0 || name == std::string("SCMScheduler");
    EXPECT_EQ(Read({{"_class_name", name}})->is_flow(), is_flow) << name;
  }
}

TEST(SchedulerListTest, AnUnsupportedClassIsNamed) {
  EXPECT_THAT(ErrorOf(R"({"_class_name": "PNDMScheduler"})"), HasSubstr("'PNDMScheduler'"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("scheduler class ''"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("must be a JSON object"));
}

TEST(SchedulerListTest, EveryUnsupportedOptionIsNamedInOneError) {
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
