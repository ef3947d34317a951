// From a labelled folder to the tables of its models.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file_io.h"
#include "model/evaluation/evaluation_run.h"
#include "model/training/run/critic_run.h"
#include "model/training/run/distillation_run.h"
#include "model/training/run/training_run.h"
#include "tests/model/labelled_folder.h"
#include "tests/model/training/whole_runs.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// A teacher, its student and a critic of one folder, made once.
class FolderEvaluationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = new fs::path(FreshFolder("folder_evaluation"));
    WriteLabelledFolder(*root_ / "data", 60);
    const nlohmann::json data = {{"data", {{"folder", (*root_ / "data").string()}}}};
    lines_ = new std::vector<std::string>();
    RunOptions options = RunIn(*root_, "teacher");
    options.trainer.progress = [](absl::string_view line) { lines_->emplace_back(line); };
    absl::Status status = RunTraining(*MakeTrainingRecipe("smoke", data), options);
    ASSERT_TRUE(status.ok()) << status;
    status = RunDistillation(*MakeDistillationRecipe("smoke", data), (*root_ / "teacher").string(),
                             RunIn(*root_, "imagine-flash"));
    ASSERT_TRUE(status.ok()) << status;
    status = RunCriticTraining(*MakeTrainingRecipe("smoke", data), RunIn(*root_, "critic"));
    ASSERT_TRUE(status.ok()) << status;
  }
  static void TearDownTestSuite() {
    fs::remove_all(*root_);
    delete root_;
    delete lines_;
  }

  static EvaluationOptions Options() {
    EvaluationOptions options;
    options.runs = root_->string();
    options.critic = (*root_ / "critic").string();
    options.output = (*root_ / "evaluation").string();
    options.data = (*root_ / "data").string();
    options.style = CaptionStyle::kOpen;
    options.num_prompts = 12;
    options.num_resamples = 40;
    options.num_spread_prompts = 2;
    options.num_spread_seeds = 3;
    options.command = "strobe-model evaluate";
    options.progress = [](absl::string_view) {};
    return options;
  }

  static std::string ErrorOf(const EvaluationOptions& options) {
    return std::string(RunEvaluation(options).message());
  }

  static fs::path* root_;
  static std::vector<std::string>* lines_;  // of the teacher's progress
};

fs::path* FolderEvaluationTest::root_ = nullptr;
std::vector<std::string>* FolderEvaluationTest::lines_ = nullptr;

TEST_F(FolderEvaluationTest, TheTextEncoderLearnsTheAttributesFirst) {
  EXPECT_THAT(*lines_, Contains(AllOf(HasSubstr("text: all attributes right in"),
                                      HasSubstr("pictures that it learnt from"))));
  const auto card = ReadFile((*root_ / "teacher/README.md").string());
  EXPECT_THAT(*card, AllOf(HasSubstr("from captioned"), HasSubstr("a white square on red"),
                           Not(HasSubstr("drawn scenes"))));
}

TEST_F(FolderEvaluationTest, TheTablesHaveTheAttributesByTheCriticsDetectors) {
  const absl::Status status = RunEvaluation(Options());
  ASSERT_TRUE(status.ok()) << status;
  const auto report = ReadFile((*root_ / "evaluation/EVALUATION.md").string());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(*report,
              AllOf(HasSubstr("# Evaluation: open prompts of"), HasSubstr("12 captions of its 60"),
                    HasSubstr("distance to 48 true pictures"), HasSubstr("| color ("),
                    HasSubstr("| square ("), HasSubstr("| True pictures | - | - |"),
                    HasSubstr("alignment % ↑"), HasSubstr("| features |"),
                    HasSubstr("share of attributes right, ours 3 steps")));
  EXPECT_THAT(*report, AllOf(HasSubstr("| Teacher | 25 | 1 |"), Not(HasSubstr("palette")),
                             HasSubstr("Autoencoder round trip")));
  // What was measured is not measured again.
  EvaluationOptions again = Options();
  const fs::path row = *root_ / "evaluation/rows/teacher-25-steps.safetensors";
  const auto written = fs::last_write_time(row);
  ASSERT_TRUE(RunEvaluation(again).ok());
  EXPECT_EQ(fs::last_write_time(row), written);
}

TEST_F(FolderEvaluationTest, ACriticThatDoesNotKnowTheDataSaysWhatItLacks) {
  EvaluationOptions options = Options();
  options.output = (*root_ / "refused").string();
  options.critic = STROBE_SOURCE_DIR "/model/evaluation/critic";
  EXPECT_THAT(ErrorOf(options), AllOf(HasSubstr("detects no attributes"),
                                      HasSubstr("strobe-model train-critic --data")));
  WriteLabelledFolder(*root_ / "other", 20);
  std::string metadata = *ReadFile((*root_ / "other/metadata.jsonl").string());
  for (size_t at; (at = metadata.find("\"blue\"")) != std::string::npos;) {
    metadata.replace(at, 6, "\"teal\"");
  }
  std::ofstream(*root_ / "other/metadata.jsonl") << metadata;
  options = Options();
  options.output = (*root_ / "refused").string();
  options.data = (*root_ / "other").string();
  options.num_prompts = 8;
  EXPECT_THAT(ErrorOf(options), AllOf(HasSubstr("the value 'teal' of 'color'"),
                                      HasSubstr((*root_ / "other").string())));
}

TEST_F(FolderEvaluationTest, AFolderThatCannotGiveThePromptsSaysWhy) {
  EvaluationOptions options = Options();
  options.output = (*root_ / "refused").string();
  options.num_prompts = 31;
  EXPECT_THAT(ErrorOf(options), HasSubstr("gives 30 open prompts, not 31"));
  options.num_prompts = 12;
  options.data = (*root_ / "plain").string();
  WriteLabelledFolder(*root_ / "plain", 20, /*with_attributes=*/false);
  EXPECT_THAT(ErrorOf(options), HasSubstr("has no \"attributes\""));
}

}  // namespace
}  // namespace strobe::model
