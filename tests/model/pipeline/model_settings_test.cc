#include "model/pipeline/model_settings.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

StepTableBuilder Builder(SchedulerClass scheduler_class = SchedulerClass::kDdim) {
  SchedulerConfig config;
  config.scheduler_class = scheduler_class;
  config.timestep_spacing = TimestepSpacing::kTrailing;
  return *StepTableBuilder::Create(config);
}

ModelFacts Facts() {
  ModelFacts facts;
  facts.directory = "/models/sd-turbo";
  facts.pipeline_class = "StableDiffusionPipeline";
  facts.sample_width = 64;
  facts.sample_height = 48;
  facts.scale_factor = 8;
  return facts;
}

ModelDescription Describe(const ModelManifest& manifest) {
  const auto model = DescribeModel(manifest, Facts(), Builder());
  EXPECT_TRUE(model.ok()) << model.status();
  return model.value_or(ModelDescription());
}

std::string ErrorOf(const ModelManifest& manifest) {
  return std::string(DescribeModel(manifest, Facts(), Builder()).status().message());
}

std::vector<double> Timesteps(const absl::StatusOr<StepTable>& table) {
  std::vector<double> timesteps;
  for (const StepRow& row : table->rows) timesteps.push_back(row.timestep);
  return timesteps;
}

TEST(ModelSettingsTest, ADistilledGuidanceHasTheScaleOfItsPipeline) {
  ModelFacts facts = Facts();
  facts.embedded_guidance_scale = 8.5;
  const auto model = DescribeModel({}, facts, Builder(SchedulerClass::kLcm));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->default_guidance_scale, 8.5f);
  EXPECT_TRUE(model->supports_guidance);
  EXPECT_TRUE(model->guidance_is_distilled);
}

TEST(ModelSettingsTest, TheManifestsEtaHoldsUntilItIsOverridden) {
  ModelManifest manifest;
  manifest.eta = 1.0;
  SamplingOverrides overrides;
  EXPECT_EQ(ChooseStepTable(manifest, Builder(), 2, overrides)->rows.back().rho, 1.0);
  overrides.eta = 0.0;
  EXPECT_EQ(ChooseStepTable(manifest, Builder(), 2, overrides)->rows.back().rho, 0.0);
}

TEST(ModelSettingsTest, WithoutAManifestTheComponentsDecide) {
  const ModelDescription model = Describe({});
  EXPECT_EQ(model.name, "sd-turbo");
  EXPECT_EQ(model.default_width, 512);
  EXPECT_EQ(model.default_height, 384);
  EXPECT_EQ(model.min_size, 192);
  EXPECT_EQ(model.max_size, 1024);
  EXPECT_THAT(model.num_inference_steps, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(model.default_num_inference_steps, 4);
  EXPECT_EQ(model.default_guidance_scale, 1.0f);
  EXPECT_FALSE(model.supports_guidance);
  EXPECT_THAT(model.warmup_sizes, ElementsAre(Pair(512, 384)));
}

TEST(ModelSettingsTest, TheManifestBeatsTheComponents) {
  ModelManifest manifest;
  manifest.name = "tiny";
  manifest.num_inference_steps = {1, 2, 3};
  manifest.default_num_inference_steps = 2;
  manifest.default_guidance_scale = 2.5f;
  manifest.default_width = 64;
  manifest.default_height = 64;
  manifest.min_size = 64;
  manifest.max_size = 128;
  manifest.warmup_sizes = {{64, 128}};
  const ModelDescription model = Describe(manifest);
  EXPECT_EQ(model.name, "tiny");
  EXPECT_THAT(model.num_inference_steps, ElementsAre(1, 2, 3));
  EXPECT_EQ(model.default_num_inference_steps, 2);
  EXPECT_EQ(model.default_guidance_scale, 2.5f);
  EXPECT_TRUE(model.supports_guidance);
  EXPECT_EQ(model.default_width, 64);
  EXPECT_EQ(model.max_size, 128);
  EXPECT_THAT(model.warmup_sizes, ElementsAre(Pair(64, 128)));
}

TEST(ModelSettingsTest, TheDefaultIsTheLargestCountUpToFour) {
  ModelManifest manifest;
  manifest.num_inference_steps = {1, 3, 6};
  EXPECT_EQ(Describe(manifest).default_num_inference_steps, 3);
  manifest.num_inference_steps = {6, 8};
  EXPECT_EQ(Describe(manifest).default_num_inference_steps, 6);
}

TEST(ModelSettingsTest, OfUnlistedCountsThoseThatTheSchedulerCanDoAreOffered) {
  SchedulerConfig config;
  config.scheduler_class = SchedulerClass::kLcm;
  config.original_inference_steps = 5;
  const auto model = DescribeModel({}, Facts(), *StepTableBuilder::Create(config));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->num_inference_steps, ElementsAre(1, 2, 3, 4, 5));
}

TEST(ModelSettingsTest, AListedCountThatCannotBeRunIsAnError) {
  ModelManifest manifest;
  manifest.num_inference_steps = {1, 2};
  manifest.timesteps = {{2, {1200, 400}}};
  EXPECT_THAT(ErrorOf(manifest), HasSubstr("timestep 1200 is not in 0..999"));
}

TEST(ModelSettingsTest, SizesThatContradictEachOtherAreRefused) {
  ModelManifest manifest;
  manifest.default_width = 100;
  EXPECT_THAT(ErrorOf(manifest), AllOf(HasSubstr("100x384"), HasSubstr("multiples of 8")));
  manifest.default_width = 512;
  manifest.max_size = 256;
  EXPECT_THAT(ErrorOf(manifest), HasSubstr("from 192 to 256"));
  manifest.max_size = 512;
  manifest.warmup_sizes = {{512, 520}};
  EXPECT_THAT(ErrorOf(manifest), HasSubstr("512x520"));
}

TEST(ModelSettingsTest, OverridesBeatTheManifestAndTheManifestTheScheduler) {
  ModelManifest manifest;
  manifest.timesteps = {{2, {900, 300}}};
  manifest.noise_correction = true;
  EXPECT_THAT(Timesteps(ChooseStepTable({}, Builder(), 2, {})), ElementsAre(999, 499));
  const auto listed = ChooseStepTable(manifest, Builder(), 2, {});
  EXPECT_THAT(Timesteps(listed), ElementsAre(900, 300));
  EXPECT_TRUE(listed->noise_correction);
  SamplingOverrides overrides;
  overrides.timesteps = {800, 100};
  overrides.noise_correction = false;
  overrides.eta = 0.5;
  const auto overridden = ChooseStepTable(manifest, Builder(), 2, overrides);
  EXPECT_THAT(Timesteps(overridden), ElementsAre(800, 100));
  EXPECT_FALSE(overridden->noise_correction);
  EXPECT_GT(overridden->rows[0].rho, 0.0);
  EXPECT_THAT(Timesteps(ChooseStepTable(manifest, Builder(), 3, {})), ElementsAre(999, 666, 332));
}

}  // namespace
}  // namespace strobe::model
