// A Stable Diffusion directory whose manifest names the tiny autoencoder of another one.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/pipeline/text_to_image_pipeline.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PreviewDecoderTest : public ::testing::Test {
 protected:
  PreviewDecoderTest()
      : directory_(fs::path(::testing::TempDir()) /
                   ("preview_" +
                    std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(directory_);
    fs::copy(GoldenModelDirectory("sd-turbo-like"), directory_, fs::copy_options::recursive);
    fs::copy(fs::path(GoldenModelDirectory("lcm-tiny-like")) / "vae", directory_ / "tiny");
    SetManifest("tiny");
  }
  ~PreviewDecoderTest() override { fs::remove_all(directory_); }

  void SetManifest(const std::string& folder) {
    std::ofstream(directory_ / "strobe.json") << nlohmann::json{{"preview_decoder", folder}};
  }

  auto Load() { return TextToImagePipeline::Load(directory_.string(), {}); }

  const fs::path directory_;
};

// A sample one of two steps on.
std::unique_ptr<PipelineSample> HalfDone(TextToImagePipeline& pipeline) {
  GenerationSpec spec;
  spec.prompt = "a red circle";
  spec.width = pipeline.description().default_width;
  spec.height = pipeline.description().default_height;
  spec.num_inference_steps = 2;
  auto sample = *pipeline.CreateSample(spec, {});
  EXPECT_TRUE(pipeline.EncodePrompts({sample.get()}).ok());
  EXPECT_TRUE(pipeline.DenoiseStep({sample.get()}).ok());
  return sample;
}

TEST_F(PreviewDecoderTest, PreviewsComeFromItAndFinalImagesDoNot) {
  const auto with = Load();
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_TRUE((*with)->description().has_preview_decoder);
  const auto sample = HalfDone(**with);
  const auto image = (*with)->Decode({sample.get()});
  const auto preview = (*with)->DecodePreviews({sample.get()});
  ASSERT_TRUE(image.ok() && preview.ok()) << image.status() << preview.status();
  EXPECT_EQ(preview->front().sizes(), image->front().sizes());
  EXPECT_FALSE(at::equal(preview->front(), image->front()));

  fs::remove(directory_ / "strobe.json");
  const auto without = Load();
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_FALSE((*without)->description().has_preview_decoder);
  const auto same = HalfDone(**without);
  EXPECT_TRUE(at::equal((*without)->Decode({same.get()})->front(), image->front()));
  EXPECT_TRUE(at::equal((*without)->DecodePreviews({same.get()})->front(), image->front()));
}

TEST_F(PreviewDecoderTest, AFolderThatIsNotThereIsNamed) {
  SetManifest("nothing");
  EXPECT_THAT(std::string(Load().status().message()),
              AllOf(HasSubstr("nothing"), HasSubstr("config.json")));
}

TEST_F(PreviewDecoderTest, ADecoderOfAnotherClassIsRefused) {
  SetManifest("vae");
  EXPECT_THAT(std::string(Load().status().message()),
              AllOf(HasSubstr("vae/config.json"), HasSubstr("AutoencoderTiny"),
                    HasSubstr("'AutoencoderKL'")));
}

TEST_F(PreviewDecoderTest, ADecoderOfOtherLatentsIsRefused) {
  fs::remove_all(directory_);
  fs::copy(GoldenModelDirectory("sd15-like"), directory_, fs::copy_options::recursive);
  fs::copy(fs::path(GoldenModelDirectory("lcm-tiny-like")) / "vae", directory_ / "tiny");
  SetManifest("tiny");
  EXPECT_THAT(std::string(Load().status().message()), HasSubstr("pixels a latent cell is 8"));
}

}  // namespace
}  // namespace strobe::model
