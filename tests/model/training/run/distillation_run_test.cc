// Students of teachers that diffusers saved, on pictures of a folder.

#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "model/image_io/image_codec.h"
#include "model/training/networks/trained_model.h"
#include "model/training/run/distillation_run.h"
#include "tests/model/training/whole_runs.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Golden(const std::string& name) {
  return std::string(STROBE_SOURCE_DIR) + "/tests/goldens/" + name;
}

class DistillationRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = FreshFolder(std::string("distillation_run_") +
                        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(root_ / "data");
    std::ofstream metadata(root_ / "data/metadata.jsonl");
    for (int i = 0; i < 4; ++i) {
      RgbImage image{40, 32, std::vector<uint8_t>(40 * 32 * 3)};
      for (size_t j = 0; j < image.pixels.size(); ++j) image.pixels[j] = (j * (i + 3)) % 251;
      const std::string name = std::to_string(i) + ".png";
      std::ofstream(root_ / "data" / name, std::ios::binary)
          << *EncodeImage(image, ImageFormat::kPng, 0);
      metadata << R"({"file_name": ")" << name << R"(", "text": "a red circle"})"
               << "\n";
    }
  }

  absl::StatusOr<DistillationRecipe> Recipe(nlohmann::json overrides = nlohmann::json::object()) {
    overrides.merge_patch({{"data", {{"folder", (root_ / "data").string()}, {"image_size", 32}}},
                           {"student", {{"batch_size", 2}, {"learning_rate", 1e-2}}}});
    return MakeDistillationRecipe("smoke", overrides);
  }

  absl::Status Distill(const std::string& teacher, const std::string& name,
                       const nlohmann::json& overrides = nlohmann::json::object()) {
    const auto recipe = Recipe(overrides);
    if (!recipe.ok()) return recipe.status();
    return RunDistillation(*recipe, teacher, RunIn(root_, name));
  }

  std::string ErrorOf(const std::string& teacher,
                      const nlohmann::json& overrides = nlohmann::json::object()) {
    return std::string(Distill(teacher, "refused", overrides).message());
  }

  // A copy of a golden whose `file` has `changes` merged in.
  std::string Changed(const std::string& golden, const std::string& file,
                      const nlohmann::json& changes) {
    const fs::path copy = root_ / "teacher";
    fs::remove_all(copy);
    fs::copy(Golden(golden), copy, fs::copy_options::recursive);
    nlohmann::json json = nlohmann::json::parse(std::ifstream(copy / file));
    json.merge_patch(changes);
    std::ofstream(copy / file) << json.dump();
    return copy.string();
  }

  fs::path root_;
};

bool Differ(const StateDict& a, const StateDict& b) {
  for (const auto& [name, tensor] : a) {
    if (!at::equal(tensor.to(at::kFloat), b.at(name).to(at::kFloat))) return true;
  }
  return false;
}

TEST_F(DistillationRunTest, EveryMethodTeachesAStudentOfAStableDiffusionTeacher) {
  const std::pair<const char*, int> methods[] = {
      {"imagine-flash", 3}, {"step", 4}, {"lcm", 2}, {"add", 4}};
  const auto teacher = ReadTrainedModel(Golden("sd15-like"));
  ASSERT_TRUE(teacher.ok()) << teacher.status();
  for (const auto& [method, steps] : methods) {
    const absl::Status status =
        Distill(Golden("sd15-like"), method, {{"method", method}, {"step_counts", {1, steps}}});
    ASSERT_TRUE(status.ok()) << method << ": " << status;
    ExpectItGenerates((root_ / method).string(), steps);
    const auto student = ReadTrainedModel((root_ / method).string());
    ASSERT_TRUE(student.ok()) << student.status();
    EXPECT_TRUE(Differ(student->unet, teacher->unet)) << method;
    EXPECT_FALSE(Differ(student->vae, teacher->vae)) << method;
    EXPECT_FALSE(Differ(student->text_encoder, teacher->text_encoder)) << method;
    EXPECT_EQ(student->scheduler_config.at("prediction_type"), "epsilon");
  }
}

TEST_F(DistillationRunTest, TeachersOfVelocityAndOfSdxlHaveStudentsToo) {
  for (const char* teacher : {"zero-snr-like", "sdxl-turbo-like", "lcm-tiny-like"}) {
    for (const char* method : {"imagine-flash", "step", "lcm", "add"}) {
      const std::string name = std::string(teacher) + "-" + method;
      const absl::Status status =
          Distill(Golden(teacher), name, {{"method", method}, {"student", {{"steps", 2}}}});
      ASSERT_TRUE(status.ok()) << name << ": " << status;
      ExpectItGenerates((root_ / name).string(), 2);
    }
  }
}

TEST_F(DistillationRunTest, AdaptersAloneAreSavedAndFuseToTheMergedStudent) {
  for (const char* teacher : {"sd15-like", "sdxl-turbo-like"}) {
    const std::string lora = std::string("lora-") + teacher;
    const absl::Status status = Distill(Golden(teacher), lora, {{"lora_rank", 2}});
    ASSERT_TRUE(status.ok()) << status;
    // The teacher by the student's sampler, with the adapters and without them.
    const auto student = ReadTrainedModel((root_ / lora).string());
    nlohmann::json manifest = {{"base", Golden(teacher)},
                               {"scheduler", student->scheduler_config},
                               {"noise_correction", true},
                               {"min_size", 32}};
    const auto picture = [&](const std::string& name) {
      fs::create_directories(root_ / name);
      std::ofstream(root_ / name / "strobe.json") << manifest.dump();
      return PictureOf((root_ / name).string(), 2);
    };
    const auto plain = picture("plain");
    manifest["lora"] =
        nlohmann::json::array({{{"path", "../" + lora + "/pytorch_lora_weights.safetensors"}}});
    const auto fused = picture("fused");
    const auto merged = PictureOf((root_ / lora).string(), 2);
    ASSERT_TRUE(plain.ok() && fused.ok() && merged.ok())
        << plain.status() << fused.status() << merged.status();
    EXPECT_GT((*plain - *merged).abs().max().item<float>(), 1e-3);
    EXPECT_LT((*fused - *merged).abs().max().item<float>(),
              0.2 * (*plain - *merged).abs().max().item<float>());
  }
}

TEST_F(DistillationRunTest, AStudentThatWasCutOffEndsBitEqualToOneThatWasNot) {
  const auto recipe = Recipe({{"student", {{"micro_batches", 2}}}});
  ASSERT_TRUE(recipe.ok()) << recipe.status();
  ASSERT_TRUE(RunDistillation(*recipe, Golden("sd15-like"), RunIn(root_, "whole")).ok());
  RunOptions options = RunIn(root_, "cut");
  std::atomic<bool> interrupted{false};
  options.trainer.interrupted = &interrupted;
  options.trainer.log_every = 2;
  options.trainer.progress = [&](absl::string_view line) {
    if (absl::StrContains(line, " 2/")) interrupted = true;
  };
  EXPECT_TRUE(absl::IsCancelled(RunDistillation(*recipe, Golden("sd15-like"), options)));
  options.trainer.interrupted = nullptr;
  ASSERT_TRUE(RunDistillation(*recipe, Golden("sd15-like"), options).ok());
  const auto whole = ReadTrainedModel((root_ / "whole").string());
  const auto cut = ReadTrainedModel((root_ / "cut").string());
  EXPECT_FALSE(Differ(cut->unet, whole->unet));
}

TEST_F(DistillationRunTest, WhatCannotBeATeacherSaysWhy) {
  EXPECT_THAT(ErrorOf(Golden("lcm-like")), HasSubstr("LatentConsistencyModelPipeline"));
  EXPECT_THAT(ErrorOf(Changed("sd15-like", "unet/config.json", {{"time_cond_proj_dim", 16}})),
              HasSubstr("few-step student itself"));
  EXPECT_THAT(ErrorOf(Changed("sd15-like", "model_index.json", {{"_class_name", "FluxPipeline"}})),
              AllOf(HasSubstr("model_index.json"), HasSubstr("FluxPipeline")));
  EXPECT_THAT(
      ErrorOf(Changed("sd15-like", "model_index.json",
                      {{"text_encoder", {"transformers", "T5EncoderModel"}}})),
      AllOf(HasSubstr("text_encoder"), HasSubstr("T5EncoderModel"), HasSubstr("CLIPTextModel")));
  EXPECT_THAT(ErrorOf(Changed("sd15-like", "scheduler/scheduler_config.json",
                              {{"rescale_betas_zero_snr", true}})),
              HasSubstr("signal-to-noise"));
  EXPECT_THAT(ErrorOf(Golden("tcd-lora-like")), HasSubstr("LoRA"));
  EXPECT_THAT(ErrorOf(Golden("sd15-like"), {{"shift_high", 1000}}), HasSubstr("shift_high"));
}

TEST_F(DistillationRunTest, ATeacherOfAnotherLatentSizeIsRefused) {
  const std::string teacher = Changed("sd15-like", "strobe.json", nlohmann::json::object());
  fs::remove_all(fs::path(teacher) / "vae");
  fs::copy(std::string(STROBE_SOURCE_DIR) + "/model/students/scenes/vae", fs::path(teacher) / "vae",
           fs::copy_options::recursive);
  nlohmann::json index =
      nlohmann::json::parse(std::ifstream(fs::path(teacher) / "model_index.json"));
  index["vae"] = {"diffusers", "AutoencoderTiny"};
  std::ofstream(fs::path(teacher) / "model_index.json") << index.dump();
  EXPECT_THAT(ErrorOf(teacher), HasSubstr("unet out_channels is 4 but vae latent_channels is 16"));
}

TEST_F(DistillationRunTest, BrokenPicturesAndCaptionsEndTheRunWithTheirNames) {
  const std::string teacher = Golden("sd15-like");
  fs::resize_file(root_ / "data/2.png", 30);
  EXPECT_THAT(ErrorOf(teacher), HasSubstr("2.png"));
  fs::remove(root_ / "data/2.png");
  EXPECT_THAT(ErrorOf(teacher), HasSubstr("2.png"));
  std::ofstream(root_ / "data/metadata.jsonl") << R"({"file_name": "0.png"})"
                                               << "\n";
  EXPECT_THAT(ErrorOf(teacher), AllOf(HasSubstr("0.png"), HasSubstr("no caption")));
}

TEST_F(DistillationRunTest, ANumberThatIsNotFiniteStopsWithStageStepAndTheLastCheckpoint) {
  // An encoder of infinite scale: its latents are not numbers.
  const std::string teacher = Changed("sd15-like", "vae/config.json", {{"scaling_factor", 1e30}});
  EXPECT_THAT(ErrorOf(teacher), AllOf(HasSubstr("student"), HasSubstr("not finite")));
}

TEST_F(DistillationRunTest, AnotherConfigurationIsRefusedAndTheCheckpointStays) {
  const std::string teacher = Golden("sd15-like");
  ASSERT_TRUE(Distill(teacher, "student").ok());
  fs::remove_all(root_ / "student");
  const auto size = fs::file_size(root_ / "student.work/student.safetensors");
  const absl::Status status = Distill(teacher, "student", {{"guidance_scale", 5.0}});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/guidance_scale is 5.0, was 2.0"));
  EXPECT_EQ(fs::file_size(root_ / "student.work/student.safetensors"), size);
  EXPECT_EQ(Distill(Golden("sd-turbo-like"), "student").code(),
            absl::StatusCode::kFailedPrecondition);
}

// No file may grow beyond `bytes` while it lives: what a full disk looks like to a writer.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(DistillationRunTest, AFullDiskLeavesTheLastCheckpointFromWhichTheRunGoesOn) {
  const auto recipe = Recipe();
  ASSERT_TRUE(RunDistillation(*recipe, Golden("sd15-like"), RunIn(root_, "whole")).ok());
  RunOptions options = RunIn(root_, "full");
  std::optional<FullDisk> full;
  options.trainer.log_every = 1;
  options.trainer.progress = [&](absl::string_view line) {
    if (absl::StrContains(line, " 4/")) full.emplace(64 << 10);
  };
  const absl::Status status = RunDistillation(*recipe, Golden("sd15-like"), options);
  full.reset();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("student.safetensors"));
  std::vector<std::string> lines;
  options.trainer.progress = [&](absl::string_view line) { lines.emplace_back(line); };
  ASSERT_TRUE(RunDistillation(*recipe, Golden("sd15-like"), options).ok());
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("resumed after 3 of 4")));
  const auto whole = ReadTrainedModel((root_ / "whole").string());
  const auto full_disk = ReadTrainedModel((root_ / "full").string());
  EXPECT_FALSE(Differ(full_disk->unet, whole->unet));
}

}  // namespace
}  // namespace strobe::model
