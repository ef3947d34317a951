// What a broken or foreign directory gets as an answer. Each case changes one file of a copy.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/pipeline/text_to_image_pipeline.h"
#include "tests/model/pipeline/golden_file.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PipelineLoadingTest : public ::testing::Test {
 protected:
  PipelineLoadingTest()
      : directory_(fs::path(::testing::TempDir()) /
                   ("loading_" +
                    std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(directory_);
    fs::copy(GoldenModelDirectory("lcm-tiny-like"), directory_, fs::copy_options::recursive);
  }
  ~PipelineLoadingTest() override { fs::remove_all(directory_); }

  // Puts `value` at `pointer` of a JSON file.
  void Edit(const std::string& file, const std::string& pointer, const json& value) {
    std::ifstream in(directory_ / file);
    json content = in ? json::parse(in) : json::object();
    in.close();
    content[json::json_pointer(pointer)] = value;
    std::ofstream(directory_ / file) << content;
  }

  absl::Status Load(const TextToImagePipeline::Options& options = {}) {
    return TextToImagePipeline::Load(directory_.string(), options).status();
  }

  fs::path directory_;
};

TEST_F(PipelineLoadingTest, AGoodDirectoryLoadsAndDescribesItself) {
  const auto pipeline = TextToImagePipeline::Load(directory_.string() + "/", {});
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  const ModelDescription& model = (*pipeline)->description();
  EXPECT_EQ(model.name, "loading_AGoodDirectoryLoadsAndDescribesItself");
  EXPECT_EQ(model.pipeline_class, "StableDiffusionPipeline");
  EXPECT_EQ(model.default_width, 64);
  EXPECT_EQ(model.size_multiple, 8);
  EXPECT_EQ(model.num_inference_steps.size(), 8u);
  EXPECT_EQ(model.default_num_inference_steps, 4);
  EXPECT_EQ(model.max_prompt_tokens, 24);
}

TEST_F(PipelineLoadingTest, AMissingDirectoryIsNotFound) {
  const auto status = TextToImagePipeline::Load("/no/such/model", {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/such/model"));
}

TEST_F(PipelineLoadingTest, AForeignPipelineClassIsNamedWithWhatIsSupported) {
  Edit("model_index.json", "/_class_name", "FluxPipeline");
  EXPECT_EQ(Load().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(Load().message()),
      AllOf(HasSubstr("model_index.json"), HasSubstr("'FluxPipeline'"),
            HasSubstr("StableDiffusionPipeline"), HasSubstr("LatentConsistencyModelPipeline")));
}

TEST_F(PipelineLoadingTest, TheLatentConsistencyPipelineLoads) {
  Edit("model_index.json", "/_class_name", "LatentConsistencyModelPipeline");
  EXPECT_TRUE(Load().ok()) << Load();
}

TEST_F(PipelineLoadingTest, AForeignComponentIsNamed) {
  Edit("model_index.json", "/text_encoder", json::array({"transformers", "T5EncoderModel"}));
  EXPECT_THAT(std::string(Load().message()),
              AllOf(HasSubstr("text_encoder is a 'T5EncoderModel'"), HasSubstr("CLIPTextModel")));
  Edit("model_index.json", "/text_encoder", json::array({nullptr, nullptr}));
  EXPECT_THAT(std::string(Load().message()), HasSubstr("text_encoder is missing"));
}

TEST_F(PipelineLoadingTest, AForeignSchedulerIsNamed) {
  Edit("model_index.json", "/scheduler", json::array({"diffusers", "PNDMScheduler"}));
  EXPECT_THAT(std::string(Load().message()),
              AllOf(HasSubstr("scheduler_config.json"), HasSubstr("'PNDMScheduler'")));
}

TEST_F(PipelineLoadingTest, AMissingFileIsNamed) {
  fs::remove(directory_ / "scheduler" / "scheduler_config.json");
  EXPECT_THAT(std::string(Load().message()), HasSubstr("scheduler_config.json does not exist"));
}

TEST_F(PipelineLoadingTest, TruncatedWeightsAreNamed) {
  const fs::path weights = directory_ / "unet" / "diffusion_pytorch_model.safetensors";
  fs::resize_file(weights, fs::file_size(weights) - 1);
  EXPECT_FALSE(Load().ok());
  EXPECT_THAT(std::string(Load().message()), HasSubstr("unet/diffusion_pytorch_model.safetensors"));
}

TEST_F(PipelineLoadingTest, WeightsOfAnotherShapeAreNamed) {
  Edit("unet/config.json", "/block_out_channels", json::array({16, 48}));
  EXPECT_FALSE(Load().ok());
  EXPECT_THAT(std::string(Load().message()),
              AllOf(HasSubstr("unet"), HasSubstr("has shape [24] where [48]")));
}

TEST_F(PipelineLoadingTest, EveryProblemOfEveryComponentIsInOneError) {
  Edit("unet/config.json", "/class_embed_type", "timestep");
  Edit("scheduler/scheduler_config.json", "/thresholding", true);
  Edit("text_encoder/config.json", "/hidden_act", "relu");
  fs::remove(directory_ / "vae" / "config.json");
  EXPECT_THAT(
      std::string(Load().message()),
      AllOf(HasSubstr("4 problems"), HasSubstr("class_embed_type"), HasSubstr("thresholding"),
            HasSubstr("hidden_act"), HasSubstr("vae/config.json does not exist")));
}

TEST_F(PipelineLoadingTest, ASchedulerOfTransformersIsRefused) {
  Edit("strobe.json", "/scheduler/_class_name", "FlowMatchEulerDiscreteScheduler");
  EXPECT_THAT(std::string(Load().message()), HasSubstr("for transformer denoisers"));
}

TEST_F(PipelineLoadingTest, ALoraForAnotherModelIsRefused) {
  Edit("strobe.json", "/lora", GoldenModelDirectory("lora-like") + "/hyper.safetensors");
  EXPECT_EQ(Load().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Load().message()), HasSubstr("hyper.safetensors: the update of 'unet."));
}

TEST_F(PipelineLoadingTest, ComponentsOfAnotherFamilyAreRefused) {
  Edit("model_index.json", "/_class_name", "StableDiffusionXLPipeline");
  EXPECT_THAT(std::string(Load().message()), HasSubstr("the tokenizer_2 is missing"));
  Edit("strobe.json", "/unet", GoldenModelDirectory("sdxl-turbo-like") + "/unet");
  Edit("model_index.json", "/_class_name", "StableDiffusionPipeline");
  EXPECT_THAT(std::string(Load().message()),
              AllOf(HasSubstr("hidden_size is 32 but unet cross_attention_dim is 56"),
                    HasSubstr("does not belong into a StableDiffusionPipeline")));
}

TEST_F(PipelineLoadingTest, TheMemoryOfABatchGrowsWithItAndWithThePicture) {
  const auto pipeline = TextToImagePipeline::Load(directory_.string(), {});
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  const int64_t one = (*pipeline)->EstimateBatchBytes(1, 64, 64);
  EXPECT_GT(one, 64 * 64 * 16 * 4);
  EXPECT_EQ((*pipeline)->EstimateBatchBytes(8, 64, 64), 8 * one);
  EXPECT_EQ((*pipeline)->EstimateBatchBytes(1, 128, 64), 2 * one);
}

TEST_F(PipelineLoadingTest, ABadManifestIsNamed) {
  Edit("strobe.json", "/steps", 3);
  EXPECT_THAT(std::string(Load().message()), HasSubstr("'steps' is not a known key"));
}

TEST_F(PipelineLoadingTest, AManifestThatContradictsTheModelIsRefused) {
  Edit("strobe.json", "/default_width", 60);
  EXPECT_THAT(std::string(Load().message()),
              AllOf(HasSubstr("size 60x64"), HasSubstr("multiples of 8")));
}

TEST_F(PipelineLoadingTest, ADeviceThatIsNotThereIsOneClearError) {
  TextToImagePipeline::Options options;
  options.device = at::Device(at::kCUDA, 63);
  EXPECT_EQ(Load(options).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Load(options).message()), HasSubstr("device cuda:63"));
}

}  // namespace
}  // namespace strobe::model
