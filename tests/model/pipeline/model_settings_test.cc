#include "model/pipeline/model_settings.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/pipeline/families/family_list.h"
#include "model/pipeline/families/unet_family.h"

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using nlohmann::json;

// Of StableDiffusionPipeline and a scheduler with trailing labels.
StepSource Source(const ModelManifest& manifest,
                  json scheduler = {{"_class_name", "DDIMScheduler"}}) {
  scheduler["timestep_spacing"] = "trailing";
  return {manifest, *StepTableBuilder::FromJson(scheduler),
          *FindModelFamily("StableDiffusionPipeline"), LatentGeometry()};
}

ModelFacts Facts() {
  ModelFacts facts;
  facts.directory = "/models/sd-turbo";
  facts.denoiser.sample_width = 64;
  facts.denoiser.sample_height = 48;
  return facts;
}

ModelDescription Describe(const StepSource& source) {
  const auto model = DescribeModel(source, Facts());
  EXPECT_TRUE(model.ok()) << model.status();
  return model.value_or(ModelDescription());
}

ModelDescription Describe(const ModelManifest& manifest) { return Describe(Source(manifest)); }

std::string ErrorOf(const ModelManifest& manifest) {
  return std::string(DescribeModel(Source(manifest), Facts()).status().message());
}

absl::StatusOr<StepTable> Choose(const ModelManifest& manifest, int steps,
                                 const SamplingOverrides& overrides = {}) {
  return ChooseStepTable(Source(manifest), {steps, 64, 64}, overrides);
}

// A family as those of transformers are: the shift of its levels depends on the size.
class ShiftedFamily : public UNetFamily {
 public:
  ShiftedFamily() : UNetFamily({{"tokenizer", "text_encoder", "CLIPTextModel"}}) {}
  absl::string_view pipeline_class() const override { return "ShiftedPipeline"; }
  StepTableRequest Steps(StepTableRequest request, const LatentGeometry& geometry, int width,
                         int height) const override {
    request.mu = static_cast<double>(geometry.patches(width, height)) / 1024;
    return request;
  }
};

std::vector<double> Timesteps(const absl::StatusOr<StepTable>& table) {
  std::vector<double> timesteps;
  for (const StepRow& row : table->rows) timesteps.push_back(row.timestep);
  return timesteps;
}

TEST(ModelSettingsTest, ADistilledGuidanceHasTheScaleOfItsPipeline) {
  ModelFacts facts = Facts();
  facts.denoiser.takes_guidance = true;
  StepSource source = Source({}, {{"_class_name", "LCMScheduler"}});
  source.family = *FindModelFamily("LatentConsistencyModelPipeline");
  const auto model = DescribeModel(source, facts);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->default_guidance_scale, 8.5f);
  EXPECT_TRUE(model->supports_guidance);
  EXPECT_TRUE(model->guidance_is_distilled);
}

TEST(ModelSettingsTest, TheManifestsEtaHoldsUntilItIsOverridden) {
  ModelManifest manifest;
  manifest.eta = 1.0;
  SamplingOverrides overrides;
  EXPECT_EQ(Choose(manifest, 2, overrides)->rows.back().rho, 1.0);
  overrides.eta = 0.0;
  EXPECT_EQ(Choose(manifest, 2, overrides)->rows.back().rho, 0.0);
}

TEST(ModelSettingsTest, WithoutAManifestTheComponentsDecide) {
  const ModelDescription model = Describe(ModelManifest());
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
  const ModelDescription model =
      Describe(Source({}, {{"_class_name", "LCMScheduler"}, {"original_inference_steps", 5}}));
  EXPECT_THAT(model.num_inference_steps, ElementsAre(1, 2, 3, 4, 5));
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
  EXPECT_THAT(Timesteps(Choose({}, 2)), ElementsAre(999, 499));
  const auto listed = Choose(manifest, 2);
  EXPECT_THAT(Timesteps(listed), ElementsAre(900, 300));
  EXPECT_TRUE(listed->noise_correction);
  SamplingOverrides overrides;
  overrides.timesteps = {800, 100};
  overrides.noise_correction = false;
  overrides.eta = 0.5;
  const auto overridden = Choose(manifest, 2, overrides);
  EXPECT_THAT(Timesteps(overridden), ElementsAre(800, 100));
  EXPECT_FALSE(overridden->noise_correction);
  EXPECT_GT(overridden->rows[0].rho, 0.0);
  EXPECT_THAT(Timesteps(Choose(manifest, 3)), ElementsAre(999, 666, 332));
}

TEST(ModelSettingsTest, PatchesMakeSizesCoarserButNotLatentCells) {
  StepSource source = Source({});
  source.geometry = {16, 8, 2};
  const ModelDescription model = Describe(source);
  EXPECT_EQ(model.size_multiple, 16);
  EXPECT_EQ(model.default_width, 512);
  EXPECT_EQ(model.min_size, 192);
}

TEST(ModelSettingsTest, TheFamilyGivesTheShiftOfAPicturesSize) {
  const ShiftedFamily family;
  StepSource source = Source(
      {}, {{"_class_name", "FlowMatchEulerDiscreteScheduler"}, {"use_dynamic_shifting", true}});
  source.family = &family;
  source.geometry = {16, 8, 2};
  const auto second_level = [&](int width, int height) {
    const auto table = ChooseStepTable(source, {2, width, height}, {});
    EXPECT_TRUE(table.ok()) << table.status();
    return table->rows[1].level.sigma;
  };
  // Levels 1 and 1/1000, shifted by exp(mu): 1024 patches have mu 1, 256 have 1/4.
  EXPECT_NEAR(second_level(512, 512), 0.0027136, 1e-6);
  EXPECT_NEAR(second_level(256, 256), 0.0012837, 1e-6);
  EXPECT_EQ(DescribeModel(source, Facts())->num_inference_steps.size(), 8u);
}

}  // namespace
}  // namespace strobe::model
