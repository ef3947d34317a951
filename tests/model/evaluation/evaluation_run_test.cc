#include "model/evaluation/evaluation_run.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The shipped student under the names of three rows, the first of two trainings.
class EvaluationRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / "evaluation_run_test";
    fs::remove_all(root_);
    for (const char* name : {"teacher", "teacher-seed1", "imagine-flash", "lcm"}) {
      fs::create_directories(root_ / "runs" / name);
      std::ofstream(root_ / "runs" / name / "strobe.json")
          << nlohmann::json{{"name", name},
                            {"base", std::string(STROBE_SOURCE_DIR) + "/model/students/scenes"},
                            {"num_inference_steps", {1, 2, 3, 25}},
                            {"supports_guidance", true},
                            {"default_width", 64},
                            {"default_height", 64}};
      fs::copy(std::string(STROBE_SOURCE_DIR) + "/model/students/scenes/model_index.json",
               root_ / "runs" / name / "model_index.json");
    }
    options_.runs = (root_ / "runs").string();
    options_.critic = STROBE_SOURCE_DIR "/model/evaluation/critic";
    options_.output = (root_ / "out").string();
    options_.num_prompts = 8;
    options_.num_references = 16;
    options_.num_resamples = 40;
    options_.num_spread_prompts = 2;
    options_.num_spread_seeds = 2;
    options_.command = "strobe-model evaluate";
    options_.interrupted = &interrupted_;
    options_.progress = [this](absl::string_view line) {
      lines_.emplace_back(line);
      if (interrupt_after_ > 0 && absl::StrContains(line, "steps:") && --interrupt_after_ == 0) {
        interrupted_ = true;
      }
    };
  }

  fs::path root_;
  EvaluationOptions options_;
  std::atomic<bool> interrupted_{false};
  int interrupt_after_ = 0;
  std::vector<std::string> lines_;
};

TEST_F(EvaluationRunTest, ARunThatWasCutOffKeepsItsRowsAndEndsWithTablesSheetsAndTheBlindPage) {
  interrupt_after_ = 2;
  EXPECT_TRUE(absl::IsCancelled(RunEvaluation(options_)));
  const std::vector<std::string> rows = {"teacher-1-steps.safetensors",
                                         "teacher-2-steps.safetensors"};
  std::vector<fs::file_time_type> written;
  for (const std::string& row : rows) {
    ASSERT_TRUE(fs::exists(root_ / "out/rows" / row)) << row;
    written.push_back(fs::last_write_time(root_ / "out/rows" / row));
  }
  EXPECT_FALSE(fs::exists(root_ / "out/rows/teacher-3-steps.safetensors"));
  interrupted_ = false;
  const absl::Status status = RunEvaluation(options_);
  ASSERT_TRUE(status.ok()) << status;
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(fs::last_write_time(root_ / "out/rows" / rows[i]), written[i]);
  }

  const std::string report = ReadAll(root_ / "out/EVALUATION.md");
  EXPECT_THAT(report, AllOf(HasSubstr("Methods over the number of steps"),
                            HasSubstr("| Teacher | 25 | 2 |"), HasSubstr("| LCM | 1 | 1 |"),
                            HasSubstr("| Imagine Flash | 3 | 1 |"), HasSubstr("True pictures"),
                            HasSubstr("| Autoencoder round trip | - | - |"),
                            HasSubstr("trained on, sampled off")));
  EXPECT_THAT(report, HasSubstr("missing: step, add, no-discriminator, no-backward, no-srl"));
  const std::string sheets = ReadAll(root_ / "out/sheets/README.md");
  for (const char* name : {"teacher-25-steps.png", "lcm-2-steps.png", "imagine-flash-1-steps.png",
                           "imagine-flash-3-steps-no-noise-correction.png"}) {
    EXPECT_THAT(sheets, HasSubstr(name));
    EXPECT_THAT(ReadAll(root_ / "out/sheets" / name), ::testing::StartsWith("\x89PNG")) << name;
  }
  const std::string page = ReadAll(root_ / "out/pairwise.html");
  EXPECT_THAT(page,
              AllOf(HasSubstr(R"("first":"Imagine Flash 3")"), HasSubstr(R"("second":"LCM 3")"),
                    HasSubstr("export the votes"), Not(HasSubstr("http://"))));
}

TEST_F(EvaluationRunTest, AFolderWithoutModelsAndAMissingCriticAreNamed) {
  options_.runs = (root_ / "empty").string();
  EXPECT_EQ(RunEvaluation(options_).code(), absl::StatusCode::kNotFound);
  options_.critic = "/no/such/critic";
  EXPECT_THAT(std::string(RunEvaluation(options_).message()), HasSubstr("/no/such/critic"));
}

}  // namespace
}  // namespace strobe::model
