#include "model/pipeline/text_to_image_pipeline.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

class TextToImagePipelineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { pipeline_ = LoadGoldenModel("tiny-shapes").release(); }
  static void TearDownTestSuite() { delete std::exchange(pipeline_, nullptr); }

  static GenerationSpec Spec(int steps = 2) {
    GenerationSpec spec;
    spec.prompt = "a large red circle on a white background";
    spec.width = 64;
    spec.height = 64;
    spec.num_inference_steps = steps;
    spec.seed = 5;
    return spec;
  }

  static std::unique_ptr<PipelineSample> Create(const GenerationSpec& spec,
                                                const SamplingOverrides& overrides = {}) {
    auto sample = pipeline_->CreateSample(spec, overrides);
    EXPECT_TRUE(sample.ok()) << sample.status();
    return *std::move(sample);
  }

  static std::string ErrorOf(const GenerationSpec& spec, const SamplingOverrides& overrides = {}) {
    const auto sample = pipeline_->CreateSample(spec, overrides);
    EXPECT_EQ(sample.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(sample.status().message());
  }

  static TextToImagePipeline* pipeline_;
};

TextToImagePipeline* TextToImagePipelineTest::pipeline_ = nullptr;

TEST_F(TextToImagePipelineTest, ASampleStartsFromTheNoiseOfItsSeed) {
  const auto sample = Create(Spec());
  EXPECT_TRUE(at::equal(sample->initial_noise, UnitNormal(5, kInitialNoiseStream, {16, 8, 8})));
  EXPECT_TRUE(at::equal(sample->latents, sample->initial_noise));
  EXPECT_EQ(sample->steps.rows.size(), 2u);
  EXPECT_EQ(sample->tokens.texts[0].ids.sizes(), at::IntArrayRef({24}));
  EXPECT_FALSE(sample->tokens.truncated);
}

TEST_F(TextToImagePipelineTest, ALongPromptIsCutAndSaysSo) {
  GenerationSpec spec = Spec();
  for (int i = 0; i < 30; ++i) spec.prompt += " circle";
  const auto sample = Create(spec);
  EXPECT_TRUE(sample->tokens.truncated);
  EXPECT_EQ(sample->tokens.texts[0].ids.numel(), 24);
}

TEST_F(TextToImagePipelineTest, WhatIsNotOfferedIsRefused) {
  EXPECT_THAT(ErrorOf(Spec(4)), HasSubstr("4 steps are not offered, only 1, 2, 3"));
  EXPECT_THAT(ErrorOf(Spec(0)), HasSubstr("0 steps are not offered"));
  GenerationSpec spec = Spec();
  spec.width = 60;
  EXPECT_THAT(ErrorOf(spec), HasSubstr("size 60x64 is not offered"));
  spec.width = 128;
  EXPECT_THAT(ErrorOf(spec), HasSubstr("from 64 to 64"));
  spec = Spec();
  spec.guidance_scale = std::nanf("");
  EXPECT_THAT(ErrorOf(spec), HasSubstr("guidance scale"));
}

TEST_F(TextToImagePipelineTest, OverridesThatDoNotFitAreRefused) {
  SamplingOverrides overrides;
  overrides.initial_noise = at::zeros({1, 16, 8, 9});
  EXPECT_THAT(
      ErrorOf(Spec(), overrides),
      HasSubstr(
          "initial_noise must be floating-point of shape [16, 8, 8], is Float [1, 16, 8, 9]"));
  overrides.initial_noise = at::zeros({16, 8, 8}, at::kLong);
  EXPECT_THAT(ErrorOf(Spec(), overrides), HasSubstr("is Long [16, 8, 8]"));
  overrides.initial_noise = at::zeros({16, 8, 8});
  overrides.initial_noise[3][2][1] = std::nanf("");
  EXPECT_THAT(ErrorOf(Spec(), overrides),
              HasSubstr("initial_noise has values that are not finite"));
  overrides = {};
  overrides.step_noise = {at::Tensor(), at::zeros({16, 8})};
  EXPECT_THAT(ErrorOf(Spec(), overrides), HasSubstr("step_noise_1"));
  overrides = {};
  overrides.timesteps = {999, 499, 100};
  EXPECT_THAT(ErrorOf(Spec(2), overrides), HasSubstr("3 timesteps were given for 2 steps"));
}

TEST_F(TextToImagePipelineTest, ExplicitTimestepsMayHaveAnyCount) {
  SamplingOverrides overrides;
  overrides.timesteps = {999, 800, 600, 400, 200};
  EXPECT_EQ(Create(Spec(5), overrides)->steps.rows.size(), 5u);
}

TEST_F(TextToImagePipelineTest, StagesOutOfOrderAreRefused) {
  const auto sample = Create(Spec(1));
  EXPECT_EQ(pipeline_->DenoiseStep({sample.get()}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(pipeline_->Decode({sample.get()}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(pipeline_->EncodePrompts({sample.get()}).ok());
  ASSERT_TRUE(pipeline_->DenoiseStep({sample.get()}).ok());
  EXPECT_EQ(pipeline_->DenoiseStep({sample.get()}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(TextToImagePipelineTest, AnEmptyBatchIsNothingToDo) {
  EXPECT_TRUE(pipeline_->EncodePrompts({}).ok());
  EXPECT_TRUE(pipeline_->DenoiseStep({}).ok());
  ASSERT_TRUE(pipeline_->Decode({}).ok());
  EXPECT_TRUE(pipeline_->Decode({})->empty());
}

TEST_F(TextToImagePipelineTest, FreshNoiseComesFromTheSeedOrFromTheCaller) {
  SamplingOverrides overrides;
  overrides.eta = 1.0;
  const auto drawn = Create(Spec(2), overrides);
  overrides.step_noise = {at::zeros({1, 16, 8, 8})};
  const auto given = Create(Spec(2), overrides);
  ASSERT_TRUE(pipeline_->EncodePrompts({drawn.get(), given.get()}).ok());
  ASSERT_TRUE(pipeline_->DenoiseStep({drawn.get(), given.get()}).ok());
  EXPECT_TRUE(at::equal(drawn->step_noise, UnitNormal(5, StepNoiseStream(0), {16, 8, 8})));
  EXPECT_TRUE(at::equal(given->step_noise, at::zeros({16, 8, 8})));
  EXPECT_FALSE(at::equal(drawn->latents, given->latents));
  // The last step ends at the clean image and draws nothing.
  ASSERT_TRUE(pipeline_->DenoiseStep({drawn.get()}).ok());
  EXPECT_FALSE(drawn->step_noise.defined());
}

TEST_F(TextToImagePipelineTest, AnUnfinishedSampleIsDecodedFromItsDenoisedImage) {
  const auto sample = Create(Spec(2));
  ASSERT_TRUE(pipeline_->EncodePrompts({sample.get()}).ok());
  ASSERT_TRUE(pipeline_->DenoiseStep({sample.get()}).ok());
  const auto preview = pipeline_->Decode({sample.get()});
  ASSERT_TRUE(preview.ok()) << preview.status();
  const auto one_step = Create(Spec(1));
  ASSERT_TRUE(pipeline_->EncodePrompts({one_step.get()}).ok());
  ASSERT_TRUE(pipeline_->DenoiseStep({one_step.get()}).ok());
  const auto image = pipeline_->Decode({one_step.get()});
  ASSERT_TRUE(image.ok()) << image.status();
  double exact = 0.0;  // of the same step, which is the first of two here and the only one there
  for (const GoldenCase& golden : ReadGoldenCases("tiny-shapes")) {
    exact = std::max(exact, golden.float64.latents.front());
  }
  EXPECT_LE(RelativeRms(preview->front(), image->front()), kFloat32Spread * exact);
}

TEST_F(TextToImagePipelineTest, NoiseCorrectionChangesTwoStepsButNotOne) {
  SamplingOverrides on, off;
  on.noise_correction = true;
  off.noise_correction = false;
  for (const int steps : {1, 2}) {
    const auto corrected = Create(Spec(steps), on);
    const auto plain = Create(Spec(steps), off);
    ASSERT_TRUE(pipeline_->EncodePrompts({corrected.get(), plain.get()}).ok());
    ASSERT_TRUE(pipeline_->DenoiseStep({corrected.get()}).ok());
    ASSERT_TRUE(pipeline_->DenoiseStep({plain.get()}).ok());
    EXPECT_TRUE(at::equal(corrected->denoised, plain->denoised));
    EXPECT_EQ(at::equal(corrected->latents, plain->latents), steps == 1);
  }
}

TEST_F(TextToImagePipelineTest, SamplesOfDifferentSizesDoNotShareABatch) {
  const auto pipeline = LoadGoldenModel("lcm-tiny-like");
  GenerationSpec spec = Spec(1);
  const auto small = pipeline->CreateSample(spec, {});
  spec.height = 72;
  const auto large = pipeline->CreateSample(spec, {});
  ASSERT_TRUE(small.ok() && large.ok());
  ASSERT_TRUE(pipeline->EncodePrompts({small->get(), large->get()}).ok());
  EXPECT_EQ(pipeline->DenoiseStep({small->get(), large->get()}).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace strobe::model
