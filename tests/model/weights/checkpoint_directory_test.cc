#include "model/weights/checkpoint_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CheckpointDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "checkpoint-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::create_directory(root_ / "unet");
    Write("model_index.json", R"({"_class_name": "StableDiffusionPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"], "safety_checker": [null, null]})");
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) {
    std::ofstream(root_ / file, std::ios::binary) << text;
  }

  void WriteTensors(const std::string& file, const StateDict& tensors) {
    ASSERT_TRUE(WriteSafetensors((root_ / file).string(), tensors).ok());
  }

  absl::StatusOr<CheckpointDirectory> Open() { return CheckpointDirectory::Open(root_.string()); }

  void ExpectWeightsRefused(absl::StatusCode code, const std::string& what) {
    const auto weights = Open()->ReadWeights("unet");
    EXPECT_EQ(weights.status().code(), code) << weights.status();
    EXPECT_THAT(std::string(weights.status().message()), HasSubstr(what));
  }

  fs::path root_;
};

TEST_F(CheckpointDirectoryTest, KnowsThePipelineAndItsComponents) {
  const auto directory = Open();
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ(directory->pipeline_class(), "StableDiffusionPipeline");
  EXPECT_EQ(directory->ComponentClass("unet"), "UNet2DConditionModel");
  EXPECT_EQ(directory->ComponentClass("safety_checker"), "");
  EXPECT_EQ(directory->ComponentClass("vae"), "");
}

TEST_F(CheckpointDirectoryTest, NamesWhatItCannotOpen) {
  const auto expect = [&](absl::StatusCode code, const std::string& what) {
    const auto directory = Open();
    EXPECT_EQ(directory.status().code(), code) << directory.status();
    EXPECT_THAT(std::string(directory.status().message()), HasSubstr(what));
  };
  Write("strobe.json", "nonsense");
  expect(absl::StatusCode::kInvalidArgument, "strobe.json");
  fs::remove(root_ / "strobe.json");
  Write("model_index.json", "{}");
  expect(absl::StatusCode::kInvalidArgument, "_class_name");
  Write("model_index.json", "{\"a\":");
  expect(absl::StatusCode::kInvalidArgument, "model_index.json is not a JSON object");
  fs::remove(root_ / "model_index.json");
  expect(absl::StatusCode::kNotFound, "model_index.json does not exist");
  fs::remove_all(root_);
  expect(absl::StatusCode::kNotFound, root_.string());
}

TEST_F(CheckpointDirectoryTest, ReadsConfigsAndTexts) {
  Write("unet/config.json", R"({"in_channels": 4})");
  Write("unet/notes.txt", "two\nlines\n");
  const auto directory = Open();
  EXPECT_EQ((*directory->ReadJson("unet", "config.json"))["in_channels"], 4);
  EXPECT_EQ(*directory->ReadText("unet", "notes.txt"), "two\nlines\n");
  const absl::Status missing = directory->ReadText("unet", "none.txt").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr("none.txt"));
}

TEST_F(CheckpointDirectoryTest, ReadsAnEmptyTextAsEmpty) {
  Write("unet/empty.txt", "");
  EXPECT_EQ(*Open()->ReadText("unet", "empty.txt"), "");
}

TEST_F(CheckpointDirectoryTest, ReadsTheWeightsOfAFolder) {
  WriteTensors("unet/diffusion_pytorch_model.safetensors", {{"w", at::ones({2})}});
  const auto weights = Open()->ReadWeights("unet");
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->at("w").numel(), 2);
}

TEST_F(CheckpointDirectoryTest, JoinsTheShardsOfAnIndex) {
  WriteTensors("unet/model-00001-of-00002.safetensors", {{"a", at::ones({2})}});
  WriteTensors("unet/model-00002-of-00002.safetensors", {{"b", at::ones({3})}});
  Write("unet/model.safetensors.index.json",
        R"({"weight_map": {"a": "model-00001-of-00002.safetensors",
                           "b": "model-00002-of-00002.safetensors"}})");
  const auto weights = Open()->ReadWeights("unet");
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_EQ(weights->at("a").numel(), 2);
  EXPECT_EQ(weights->at("b").numel(), 3);
}

TEST_F(CheckpointDirectoryTest, RefusesAnIndexThatDoesNotHold) {
  WriteTensors("unet/one.safetensors", {{"a", at::ones({2})}});
  const auto index = [&](const std::string& text) {
    Write("unet/model.safetensors.index.json", text);
  };
  index(R"({"weight_map": {"b": "one.safetensors"}})");
  ExpectWeightsRefused(absl::StatusCode::kInvalidArgument, "'b' is not in one.safetensors");
  index(R"({"weight_map": {"a": "two.safetensors"}})");
  ExpectWeightsRefused(absl::StatusCode::kNotFound, "two.safetensors");
  for (const char* bad : {"../unet/one.safetensors", "/etc/passwd", "..", ""}) {
    index(std::string(R"({"weight_map": {"a": ")") + bad + "\"}}");
    ExpectWeightsRefused(absl::StatusCode::kInvalidArgument, "a file of the same folder");
  }
  index("[]");
  ExpectWeightsRefused(absl::StatusCode::kInvalidArgument, "weight_map");
}

TEST_F(CheckpointDirectoryTest, RefusesPickleFilesAndSaysHowToConvertThem) {
  Write("unet/diffusion_pytorch_model.bin", "\x80\x02");
  ExpectWeightsRefused(absl::StatusCode::kInvalidArgument,
                       "diffusion_pytorch_model.bin is a pickle");
  ExpectWeightsRefused(absl::StatusCode::kInvalidArgument, "save_pretrained");
}

TEST_F(CheckpointDirectoryTest, TakesAVariantWhereThereAreNoPlainFilesOrTheManifestAsksForIt) {
  const auto weights = [this] { return Open()->ReadWeights("unet")->at("w").item<float>(); };
  WriteTensors("unet/diffusion_pytorch_model.ema.safetensors", {{"w", at::full({}, 1.0f)}});
  WriteTensors("unet/diffusion_pytorch_model.fp16.safetensors", {{"w", at::full({}, 2.0f)}});
  EXPECT_EQ(weights(), 2.0f);
  WriteTensors("unet/diffusion_pytorch_model.safetensors", {{"w", at::full({}, 3.0f)}});
  EXPECT_EQ(weights(), 3.0f);
  Write("strobe.json", R"({"variant": "ema"})");
  EXPECT_EQ(weights(), 1.0f);
  Write("strobe.json", R"({"variant": "bf16"})");
  EXPECT_EQ(weights(), 3.0f);
}

TEST_F(CheckpointDirectoryTest, JoinsTheShardsOfAVariant) {
  WriteTensors("unet/diffusion_pytorch_model.fp16-00001-of-00001.safetensors",
               {{"w", at::full({}, 2.0f)}});
  Write("unet/diffusion_pytorch_model.safetensors.index.fp16.json",
        R"({"weight_map": {"w": "diffusion_pytorch_model.fp16-00001-of-00001.safetensors"}})");
  EXPECT_EQ(Open()->ReadWeights("unet")->at("w").item<float>(), 2.0f);
}

TEST_F(CheckpointDirectoryTest, TakesWhatItLacksFromTheBaseOfItsManifest) {
  fs::create_directories(root_ / "students/one");
  WriteTensors("unet/diffusion_pytorch_model.safetensors", {{"w", at::full({}, 1.0f)}});
  Write("unet/config.json", R"({"from": "base"})");
  WriteTensors("students/one/lightning.safetensors", {{"w", at::full({}, 2.0f)}});
  fs::create_directory(root_ / "scheduler");
  Write("scheduler/scheduler_config.json", R"({"steps_offset": 1, "beta_end": 0.012})");
  Write("students/one/strobe.json", R"({"base": "../..", "unet": "lightning.safetensors",
        "scheduler": {"_class_name": "TCDScheduler", "steps_offset": 0},
        "lora": {"path": "lcm.safetensors"}})");
  const auto student = CheckpointDirectory::Open((root_ / "students/one").string());
  ASSERT_TRUE(student.ok()) << student.status();
  EXPECT_EQ(student->pipeline_class(), Open()->pipeline_class());
  EXPECT_EQ(student->ComponentClass("scheduler"), "TCDScheduler");
  EXPECT_EQ(student->ReadWeights("unet")->at("w").item<float>(), 2.0f);
  EXPECT_EQ(student->ReadJson("unet", "config.json")->at("from"), "base");
  const auto scheduler = student->ReadJson("scheduler", "scheduler_config.json");
  EXPECT_EQ(scheduler->at("steps_offset"), 0);
  EXPECT_EQ(scheduler->at("beta_end"), 0.012);
  EXPECT_EQ(student->manifest().lora[0].path, (root_ / "students/one/lcm.safetensors").string());
}

TEST_F(CheckpointDirectoryTest, AUNetFolderBringsItsOwnConfig) {
  fs::create_directories(root_ / "lcm");
  WriteTensors("lcm/diffusion_pytorch_model.safetensors", {{"w", at::full({}, 4.0f)}});
  Write("lcm/config.json", R"({"from": "lcm"})");
  Write("unet/config.json", R"({"from": "base"})");
  Write("strobe.json", R"({"unet": "lcm"})");
  EXPECT_EQ(Open()->ReadJson("unet", "config.json")->at("from"), "lcm");
  EXPECT_EQ(Open()->ReadWeights("unet")->at("w").item<float>(), 4.0f);
}

TEST_F(CheckpointDirectoryTest, SaysWhenThereAreNoWeights) {
  ExpectWeightsRefused(absl::StatusCode::kNotFound, "has no diffusion_pytorch_model.safetensors");
  fs::remove(root_ / "unet");
  ExpectWeightsRefused(absl::StatusCode::kNotFound, "does not exist");
}

TEST(ShippedStudentTest, OpensWithAllItsWeights) {
  const auto directory = CheckpointDirectory::Open(STROBE_SOURCE_DIR "/model/students/tiny-shapes");
  ASSERT_TRUE(directory.ok()) << directory.status();
  for (const char* component : {"unet", "vae", "text_encoder"}) {
    const auto weights = directory->ReadWeights(component);
    ASSERT_TRUE(weights.ok()) << weights.status();
    EXPECT_FALSE(weights->empty());
  }
}

}  // namespace
}  // namespace strobe::model
