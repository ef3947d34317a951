// The pipeline against diffusers, on random weights of each family and on the shipped student.

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

constexpr double kLatentTolerance = 2e-4;  // relative RMS
constexpr double kEqualPixels = 0.999;     // share of values; none differs by more than 1

void ExpectSamePixels(const RgbImage& image, const at::Tensor& expected, const std::string& label) {
  ASSERT_EQ(static_cast<int64_t>(image.pixels.size()), expected.numel()) << label;
  ASSERT_EQ(image.height, expected.size(0)) << label;
  const uint8_t* values = expected.data_ptr<uint8_t>();
  int64_t equal = 0;
  int largest = 0;
  for (int64_t i = 0; i < expected.numel(); ++i) {
    const int difference = std::abs(image.pixels[i] - values[i]);
    equal += difference == 0;
    largest = std::max(largest, difference);
  }
  EXPECT_LE(largest, 1) << label;
  EXPECT_GE(static_cast<double>(equal) / expected.numel(), kEqualPixels) << label;
}

void ExpectParity(TextToImagePipeline& pipeline, const GoldenCase& golden) {
  const std::unique_ptr<PipelineSample> sample = StartGoldenCase(pipeline, golden);
  PipelineSample* const batch[] = {sample.get()};
  EXPECT_TRUE(at::equal(sample->input_ids, golden.tensors.at("input_ids").flatten()))
      << golden.label;
  ASSERT_TRUE(pipeline.EncodePrompts(batch).ok());
  EXPECT_LT(RelativeRms(sample->prompt_embeds, golden.tensors.at("prompt_embeds")), 2e-5)
      << golden.label;
  const at::Tensor timesteps = golden.tensors.at("timesteps").to(at::kDouble).contiguous();
  ASSERT_EQ(static_cast<int64_t>(sample->steps.rows.size()), timesteps.numel()) << golden.label;
  for (int i = 0; i < golden.spec.num_inference_steps; ++i) {
    EXPECT_EQ(sample->steps.rows[i].timestep, timesteps.data_ptr<double>()[i]) << golden.label;
    const absl::Status status = pipeline.DenoiseStep(batch);
    ASSERT_TRUE(status.ok()) << status;
    const double error =
        RelativeRms(sample->latents, golden.tensors.at(absl::StrCat("latents_", i)));
    EXPECT_LT(error, kLatentTolerance) << golden.label << " after step " << i;
  }
  const auto images = pipeline.Decode(batch);
  ASSERT_TRUE(images.ok()) << images.status();
  const auto rgb = ToRgbImage(images->front());
  ASSERT_TRUE(rgb.ok()) << rgb.status();
  ExpectSamePixels(*rgb, golden.tensors.at("image_uint8").contiguous(), golden.label);
}

class GoldenParityTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenParityTest, LatentsAfterEveryStepAndPixelsAreThoseOfDiffusers) {
  const std::unique_ptr<TextToImagePipeline> pipeline = LoadGoldenModel(GetParam());
  const std::vector<GoldenCase> cases = ReadGoldenCases(GetParam());
  ASSERT_GE(cases.size(), 3u);
  for (const GoldenCase& golden : cases) ExpectParity(*pipeline, golden);
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenParityTest,
                         ::testing::Values("sd-turbo-like", "sd15-like", "lcm-tiny-like",
                                           "tiny-shapes"),
                         TestNameOf);

}  // namespace
}  // namespace strobe::model
