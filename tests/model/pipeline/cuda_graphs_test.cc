// A pipeline on a CUDA device, with graphs and without.

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/pipeline/torch_call.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

constexpr int kMaxSamples = 8;

struct Drawn {
  at::Tensor latents;
  std::vector<RgbImage> images;
};

class CudaGraphsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const absl::Status there = CheckDevice(at::Device("cuda:0")); !there.ok()) {
      GTEST_SKIP() << there;
    }
  }

  std::unique_ptr<TextToImagePipeline> Load(at::ScalarType dtype, int64_t max_graph_samples) {
    TextToImagePipeline::Options options;
    options.device = at::Device("cuda:0");
    options.dtype = dtype;
    options.dtype_beats_manifest = true;
    options.max_graph_samples = max_graph_samples;
    options.on_network_rows = [this](Stage stage, int64_t used, int64_t padding) {
      if (stage == Stage::kDenoise) used_ += used, padding_ += padding;
    };
    options.on_graph_refused = [](const absl::Status& status) { ADD_FAILURE() << status; };
    auto pipeline = TextToImagePipeline::Load(GoldenModelDirectory("tiny-shapes"), options);
    EXPECT_TRUE(pipeline.ok()) << pipeline.status();
    return *std::move(pipeline);
  }

  static Drawn Draw(TextToImagePipeline& pipeline, int count) {
    std::vector<std::unique_ptr<PipelineSample>> samples;
    std::vector<PipelineSample*> batch;
    for (int i = 0; i < count; ++i) {
      GenerationSpec spec;
      spec.prompt = absl::StrCat("a red ring on white ", i);
      spec.seed = i;
      spec.width = pipeline.description().default_width;
      spec.height = pipeline.description().default_height;
      spec.num_inference_steps = 2;
      auto sample = pipeline.CreateSample(spec, {});
      EXPECT_TRUE(sample.ok()) << sample.status();
      batch.push_back(sample->get());
      samples.push_back(*std::move(sample));
    }
    EXPECT_EQ(pipeline.EncodePrompts(batch), absl::OkStatus());
    EXPECT_EQ(pipeline.DenoiseStep(batch), absl::OkStatus());
    EXPECT_EQ(pipeline.DenoiseStep(batch), absl::OkStatus());
    Drawn drawn{batch.back()->latents, {}};
    const auto images = pipeline.Decode(batch);
    EXPECT_TRUE(images.ok()) << images.status();
    if (!images.ok()) return drawn;
    for (const auto& image : ToRgbImages(*images)) drawn.images.push_back(image.value());
    return drawn;
  }

  int64_t used_ = 0;
  int64_t padding_ = 0;
};

double MeanDifference(const RgbImage& a, const RgbImage& b) {
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(int{a.pixels[i]} - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST_F(CudaGraphsTest, ReplaysDrawWhatEagerCallsDraw) {
  const auto eager = Load(at::kFloat, 0), graphs = Load(at::kFloat, kMaxSamples);
  const auto exact = Load(at::kDouble, 0);
  for (const int count : {1, 2, 3, 5, 8, 5, 1}) {
    const Drawn expected = Draw(*eager, count);
    const double limit =
        kFloat32Spread * RelativeRms(expected.latents, Draw(*exact, count).latents);
    for (int again = 0; again < 2; ++again) {
      const Drawn drawn = Draw(*graphs, count);
      EXPECT_LE(RelativeRms(drawn.latents, expected.latents), limit) << count;
      for (int i = 0; i < count; ++i) {
        EXPECT_LT(MeanDifference(drawn.images[i], expected.images[i]), 0.002) << i << "/" << count;
      }
    }
  }
}

TEST_F(CudaGraphsTest, PaddingIsReported) {
  const auto graphs = Load(at::kFloat, kMaxSamples);
  Draw(*graphs, 5);
  EXPECT_EQ(used_, 2 * 5);
  EXPECT_EQ(padding_, 2 * 3);
}

TEST_F(CudaGraphsTest, SixteenBitNetworksDrawNearlyTheSamePictures) {
  const auto wide = Load(at::kFloat, 0);
  const Drawn expected = Draw(*wide, 4);
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    const auto narrow = Load(dtype, kMaxSamples);
    const Drawn drawn = Draw(*narrow, 4);
    for (int i = 0; i < 4; ++i) {
      EXPECT_LT(MeanDifference(drawn.images[i], expected.images[i]), 2.0) << dtype << " " << i;
    }
  }
}

}  // namespace
}  // namespace strobe::model
