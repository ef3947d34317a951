// Which decoders stay in float32 when the rest of the model runs in 16 bits.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/pipeline/text_to_image_pipeline.h"
#include "model/sampling/seeded_noise.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class DecoderDtypeTest : public ::testing::Test {
 protected:
  DecoderDtypeTest()
      : directory_(fs::path(::testing::TempDir()) /
                   ("dtype_" +
                    std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(directory_);
    fs::copy(GoldenModelDirectory("sd15-like"), directory_, fs::copy_options::recursive);
  }
  ~DecoderDtypeTest() override { fs::remove_all(directory_); }

  json ReadConfig() { return json::parse(std::ifstream(directory_ / "vae" / "config.json")); }
  void WriteConfig(const json& config) {
    std::ofstream(directory_ / "vae" / "config.json") << config;
  }

  // What the decoder makes of the same latents, whatever the networks before it made.
  at::Tensor DecodeIn(at::ScalarType dtype) {
    const auto pipeline = TextToImagePipeline::Load(directory_.string(), {at::kCPU, dtype});
    EXPECT_TRUE(pipeline.ok()) << pipeline.status();
    const ModelDescription& model = (*pipeline)->description();
    GenerationSpec spec;
    spec.width = model.default_width;
    spec.height = model.default_height;
    spec.num_inference_steps = model.default_num_inference_steps;
    const auto sample = (*pipeline)->CreateSample(spec, {});
    EXPECT_TRUE(sample.ok()) << sample.status();
    (*sample)->latents = UnitNormal(3, kInitialNoiseStream, (*sample)->latents.sizes());
    (*sample)->steps_done = static_cast<int>((*sample)->steps.rows.size());
    PipelineSample* const batch[] = {sample->get()};
    const auto images = (*pipeline)->Decode(batch);
    EXPECT_TRUE(images.ok()) << images.status();
    return images->front();
  }

  fs::path directory_;
};

TEST_F(DecoderDtypeTest, ForceUpcastKeepsTheDecoderInFloat32) {
  json config = ReadConfig();
  config["force_upcast"] = true;
  WriteConfig(config);
  const at::Tensor exact = DecodeIn(at::kFloat);
  EXPECT_TRUE(at::equal(DecodeIn(at::kBFloat16), exact));
  EXPECT_TRUE(at::equal(DecodeIn(at::kHalf), exact));
}

TEST_F(DecoderDtypeTest, ForceUpcastIsOnUnlessTheConfigSaysOtherwise) {
  json config = ReadConfig();
  config.erase("force_upcast");
  WriteConfig(config);
  EXPECT_TRUE(at::equal(DecodeIn(at::kBFloat16), DecodeIn(at::kFloat)));
}

TEST_F(DecoderDtypeTest, WithoutForceUpcastTheDecoderTakesTheDtypeOfTheModel) {
  json config = ReadConfig();
  config["force_upcast"] = false;
  WriteConfig(config);
  const at::Tensor exact = DecodeIn(at::kFloat);
  const at::Tensor rounded = DecodeIn(at::kBFloat16);
  EXPECT_FALSE(at::equal(rounded, exact));
  EXPECT_LT(RelativeRms(rounded, exact), 0.05);
}

TEST_F(DecoderDtypeTest, TheManifestsDtypeCountsUnlessTheCallerInsists) {
  std::ofstream(directory_ / "strobe.json") << R"({"dtype": "bfloat16"})";
  TextToImagePipeline::Options options;
  EXPECT_EQ((*TextToImagePipeline::Load(directory_.string(), options))->dtype(), at::kBFloat16);
  options.dtype_beats_manifest = true;
  EXPECT_EQ((*TextToImagePipeline::Load(directory_.string(), options))->dtype(), at::kFloat);
}

TEST_F(DecoderDtypeTest, AForceUpcastThatIsNoBooleanIsNamed) {
  json config = ReadConfig();
  config["force_upcast"] = "yes";
  WriteConfig(config);
  const auto status = TextToImagePipeline::Load(directory_.string(), {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("force_upcast"), std::string::npos) << status;
}

}  // namespace
}  // namespace strobe::model
