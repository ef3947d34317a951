// The pipeline against diffusers, on random weights of each family and on the shipped student.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/pipeline/torch_call.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

// How many values may be rounded to the neighbouring 8 bits; no value may differ by more than 1.
constexpr double kUnequalPixels = 0.001;

// The share of values that are equal.
double ExpectSamePixels(const RgbImage& image, const at::Tensor& expected,
                        const GoldenCase& golden) {
  const std::string& label = golden.label;
  EXPECT_EQ(image.height, expected.size(0)) << label;
  EXPECT_EQ(static_cast<int64_t>(image.pixels.size()), expected.numel()) << label;
  if (static_cast<int64_t>(image.pixels.size()) != expected.numel()) return 0.0;
  const uint8_t* values = expected.data_ptr<uint8_t>();
  int64_t equal = 0;
  int largest = 0;
  for (int64_t i = 0; i < expected.numel(); ++i) {
    const int difference = std::abs(image.pixels[i] - values[i]);
    equal += difference == 0;
    largest = std::max(largest, difference);
  }
  EXPECT_LE(largest, 1) << label;
  const double share = static_cast<double>(equal) / static_cast<double>(expected.numel());
  EXPECT_LE(1.0 - share, std::max(kUnequalPixels, kFloat32Spread * golden.float64.pixels)) << label;
  return share;
}

// The worst figures of a model's cases; they go into the test's record, from where
// docs/models/supported.md has them.
struct Worst {
  double latents = 0.0;
  double equal_pixels = 1.0;
};

void ExpectSamePrompt(const PipelineSample& sample, const GoldenCase& golden) {
  const auto expect_embeds = [&](const at::Tensor& ours, const char* name) {
    const auto theirs = golden.tensors.find(name);
    EXPECT_EQ(ours.defined(), theirs != golden.tensors.end()) << golden.label << name;
    if (!ours.defined() || theirs == golden.tensors.end()) return;
    if (theirs->second.abs().max().item<float>() == 0.0f) {
      EXPECT_EQ(ours.abs().max().item<float>(), 0.0f) << golden.label << name;
    } else {
      EXPECT_LE(RelativeRms(ours, theirs->second), kFloat32Spread * golden.float64.prompt_embeds)
          << golden.label << name;
    }
  };
  expect_embeds(sample.prompt.context, "prompt_embeds");
  expect_embeds(sample.prompt.pooled, "pooled_prompt_embeds");
  expect_embeds(sample.negative.context, "negative_prompt_embeds");
  expect_embeds(sample.negative.pooled, "negative_pooled_prompt_embeds");
}

void ExpectParity(TextToImagePipeline& pipeline, const GoldenCase& golden, Worst& worst) {
  const std::unique_ptr<PipelineSample> sample = StartGoldenCase(pipeline, golden);
  PipelineSample* const batch[] = {sample.get()};
  EXPECT_TRUE(at::equal(sample->tokens.texts[0].ids, golden.tensors.at("input_ids").flatten()))
      << golden.label;
  ASSERT_TRUE(pipeline.EncodePrompts(batch).ok());
  ExpectSamePrompt(*sample, golden);
  const at::Tensor timesteps = golden.tensors.at("timesteps").to(at::kDouble).contiguous();
  ASSERT_EQ(static_cast<int64_t>(sample->steps.rows.size()), timesteps.numel()) << golden.label;
  for (int i = 0; i < golden.spec.num_inference_steps; ++i) {
    EXPECT_EQ(static_cast<float>(sample->steps.rows[i].timestep), timesteps[i].item<float>())
        << golden.label;
    const absl::Status status = pipeline.DenoiseStep(batch);
    ASSERT_TRUE(status.ok()) << status;
    const double error =
        RelativeRms(sample->latents, golden.tensors.at(absl::StrCat("latents_", i)));
    EXPECT_LE(error, kFloat32Spread * golden.float64.latents.at(i))
        << golden.label << " after step " << i;
    worst.latents = std::max(worst.latents, error);
  }
  const auto images = pipeline.Decode(batch);
  ASSERT_TRUE(images.ok()) << images.status();
  const auto rgb = ToRgbImage(images->front());
  ASSERT_TRUE(rgb.ok()) << rgb.status();
  worst.equal_pixels =
      std::min(worst.equal_pixels,
               ExpectSamePixels(*rgb, golden.tensors.at("image_uint8").contiguous(), golden));
}

class GoldenParityTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const absl::Status there = CheckDevice(TestDevice()); !there.ok()) GTEST_SKIP() << there;
  }
};

TEST_P(GoldenParityTest, LatentsAfterEveryStepAndPixelsAreThoseOfDiffusers) {
  const std::unique_ptr<TextToImagePipeline> pipeline = LoadGoldenModel(GetParam());
  const std::vector<GoldenCase> cases = ReadGoldenCases(GetParam());
  ASSERT_GE(cases.size(), 3u);
  Worst worst;
  for (const GoldenCase& golden : cases) ExpectParity(*pipeline, golden, worst);
  RecordProperty("worst_latents", absl::StrCat(worst.latents));
  RecordProperty("worst_equal_pixels", absl::StrCat(worst.equal_pixels));
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenParityTest,
                         ::testing::Values("sd-turbo-like", "sd15-like", "lcm-tiny-like",
                                           "sdxl-turbo-like", "sdxl-lightning-like", "lcm-like",
                                           "lora-like", "tcd-lora-like", "dmd2-like",
                                           "nitrofusion-like", "sdxs-like", "zero-snr-like",
                                           "step-distilled-like", "imagine-flash-like",
                                           "tiny-shapes"),
                         TestNameOf);

}  // namespace
}  // namespace strobe::model
