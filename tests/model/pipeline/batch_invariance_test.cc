// A sample's pixels do not depend on who shares its batches.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/pipeline/torch_call.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

constexpr int kNeighbours = 7;
// Of the goldens' cases: make_goldens.py refuses a model that amplifies rounding beyond it.
constexpr double kMaxRounding = 5e-5;

GenerationSpec Spec(const TextToImagePipeline& pipeline, int index) {
  const ModelDescription& model = pipeline.description();
  const char* const prompts[] = {"a large red circle on a white background", "green ring",
                                 "a small blue star at the top on a yellow background",
                                 "a white heart, black background"};
  GenerationSpec spec;
  spec.prompt = prompts[index % 4];
  spec.negative_prompt = "blurry";
  spec.seed = 100 + index;
  spec.width = model.default_width;
  spec.height = model.default_height;
  const std::vector<int>& steps = model.num_inference_steps;
  spec.num_inference_steps = steps[(index + steps.size() - 1) % steps.size()];
  spec.guidance_scale = model.supports_guidance && index % 2 == 0 ? 3.0 : 1.0;
  return spec;
}

std::unique_ptr<PipelineSample> Start(TextToImagePipeline& pipeline, int index) {
  auto sample = pipeline.CreateSample(Spec(pipeline, index), {});
  EXPECT_TRUE(sample.ok()) << sample.status();
  return *std::move(sample);
}

RgbImage Finish(TextToImagePipeline& pipeline, std::vector<PipelineSample*> batch) {
  const auto images = pipeline.Decode(batch);
  EXPECT_TRUE(images.ok()) << images.status();
  const auto rgb = ToRgbImage(images->front());
  EXPECT_TRUE(rgb.ok()) << rgb.status();
  return rgb.value_or(RgbImage());
}

bool IsFinished(const PipelineSample& sample) {
  return sample.steps_done == static_cast<int>(sample.steps.rows.size());
}

RgbImage GenerateAlone(TextToImagePipeline& pipeline, PipelineSample& sample) {
  EXPECT_TRUE(pipeline.EncodePrompts({&sample}).ok());
  while (!IsFinished(sample)) {
    const absl::Status status = pipeline.DenoiseStep({&sample});
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) break;
  }
  return Finish(pipeline, {&sample});
}

// Neighbours are encoded with the sample, stand before it in its batches at whatever step they are,
// and leave when they finish.
RgbImage GenerateInCompany(TextToImagePipeline& pipeline, PipelineSample& sample,
                           int neighbour_count) {
  std::vector<std::unique_ptr<PipelineSample>> neighbours;
  std::vector<PipelineSample*> batch;
  for (int i = 1; i <= neighbour_count; ++i) {
    neighbours.push_back(Start(pipeline, i));
    batch.push_back(neighbours.back().get());
  }
  batch.push_back(&sample);
  EXPECT_TRUE(pipeline.EncodePrompts(batch).ok());
  for (int i = 0; i < neighbour_count; i += 2) {
    if (neighbours[i]->steps.rows.size() < 2) continue;
    EXPECT_TRUE(pipeline.DenoiseStep({neighbours[i].get()}).ok());
  }
  while (!IsFinished(sample)) {
    std::vector<PipelineSample*> active;
    for (const auto& neighbour : neighbours) {
      if (!IsFinished(*neighbour)) active.push_back(neighbour.get());
    }
    active.push_back(&sample);
    const absl::Status status = pipeline.DenoiseStep(active);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) break;
  }
  std::swap(batch.front(), batch.back());
  return Finish(pipeline, batch);
}

// How far `latents`, of the sample 0 alone, are from those of networks that compute in float64.
double Float64DistanceOf(const std::string& model, const at::Tensor& latents) {
  const auto exact = LoadGoldenModel(model, InFloat64());
  const auto sample = Start(*exact, 0);
  GenerateAlone(*exact, *sample);
  const double distance = RelativeRms(latents, sample->latents);
  EXPECT_LT(distance, kMaxRounding);
  return distance;
}

class BatchInvarianceTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const absl::Status there = CheckDevice(TestDevice()); !there.ok()) GTEST_SKIP() << there;
  }
};

TEST_P(BatchInvarianceTest, ASampleAmongSevenAtOtherStepsGivesThePixelsItGivesAlone) {
  const auto pipeline = LoadGoldenModel(GetParam(), {});
  const auto alone = Start(*pipeline, 0);
  const auto among = Start(*pipeline, 0);
  const RgbImage expected = GenerateAlone(*pipeline, *alone);
  const RgbImage image = GenerateInCompany(*pipeline, *among, kNeighbours);
  const double float64 = Float64DistanceOf(GetParam(), alone->latents);
  const double distance = RelativeRms(among->latents, alone->latents);
  EXPECT_LE(distance, kFloat32Spread * float64);
  RecordProperty("distance_in_company", absl::StrCat(distance));
  RecordProperty("distance_of_float64", absl::StrCat(float64));
  ASSERT_EQ(image.pixels.size(), expected.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    ASSERT_NEAR(image.pixels[i], expected.pixels[i], 1) << "value " << i;
  }
}

TEST_P(BatchInvarianceTest, WithCallsOfFixedRowsEveryBitIsTheSameInAnyBatchAndAtAnyPlaceInIt) {
  TextToImagePipeline::Options options;
  options.rows_of_call = kNeighbours + 1;
  const auto pipeline = LoadGoldenModel(GetParam(), options);
  const auto alone = Start(*pipeline, 0);
  const RgbImage expected = GenerateAlone(*pipeline, *alone);
  for (int neighbours = 1; neighbours <= kNeighbours; ++neighbours) {
    const auto among = Start(*pipeline, 0);
    const RgbImage image = GenerateInCompany(*pipeline, *among, neighbours);
    EXPECT_TRUE(at::equal(among->latents, alone->latents)) << neighbours << " neighbours";
    EXPECT_EQ(image.pixels, expected.pixels) << neighbours << " neighbours";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, BatchInvarianceTest,
                         ::testing::Values("sd-turbo-like", "sd15-like", "lcm-tiny-like",
                                           "sdxl-lightning-like", "lcm-like", "tiny-shapes"),
                         TestNameOf);

}  // namespace
}  // namespace strobe::model
