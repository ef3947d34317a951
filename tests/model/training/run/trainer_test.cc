#include "model/training/run/trainer.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/training/networks/learner.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

// Fits two numbers to noise: every step draws, so that a resumed run must draw the same.
class NoiseStage final : public TrainingStage {
 public:
  explicit NoiseStage(int64_t steps) : steps_(steps) {
    weights_.Add({{"w", at::tensor({1.0f, -1.0f})}});
    LearnerOptions options;
    options.schedule = {0.05, 20, 3, 0.2};
    learner_ =
        std::make_unique<Learner>(std::vector<LearningGroup>{{"g", &weights_, 1.0}}, options);
  }

  absl::string_view name() const override { return "noise"; }
  int64_t num_steps() const override { return steps_; }
  int64_t batch_size() const override { return 2; }
  StateDict State() const override { return learner_->State(); }
  absl::StatusOr<std::optional<RgbImage>> SampleSheet() override { return std::nullopt; }

  absl::StatusOr<StepReport> RunStep(int64_t step) override {
    if (step == interrupt_at) interrupted = true;
    StepRandom random(7, name(), step);
    at::Tensor loss = (weights_.tensors().at("w") - random.Noise({2})).square().sum();
    if (step == nan_at) loss = loss * std::numeric_limits<double>::quiet_NaN();
    const auto report = learner_->Step(loss, step);
    if (!report.ok()) return report.status();
    return StepReport{report->loss, report->gradient_norm, report->learning_rate, {}};
  }

  int64_t interrupt_at = -1;
  int64_t nan_at = -1;
  std::atomic<bool> interrupted{false};

 private:
  int64_t steps_;
  ParameterSet weights_;
  std::unique_ptr<Learner> learner_;
};

class TrainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }

  absl::Status Run(NoiseStage& stage, const std::string& configuration = "a") {
    TrainerOptions options;
    options.directory = directory_.string();
    options.log_every = 5;
    options.checkpoint_every = 5;
    options.seconds = [this] { return seconds_ += 1.0; };
    options.progress = [this](absl::string_view line) { lines_.emplace_back(line); };
    options.interrupted = &stage.interrupted;
    return Trainer(options).Run(stage, configuration);
  }

  std::filesystem::path directory_;
  double seconds_ = 0.0;
  std::vector<std::string> lines_;
};

void ExpectSameState(const TrainingStage& a, const TrainingStage& b) {
  const StateDict expected = a.State();
  for (const auto& [name, tensor] : b.State()) {
    EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
  }
}

TEST_F(TrainerTest, ARunThatWasCutOffEndsBitEqualToOneThatWasNot) {
  NoiseStage whole(20);
  ASSERT_TRUE(Run(whole).ok());
  std::filesystem::remove_all(directory_ / "noise.safetensors");

  NoiseStage cut(20);
  cut.interrupt_at = 7;
  const absl::Status status = Run(cut);
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(std::string(status.message()), HasSubstr("after 8 steps"));
  NoiseStage resumed(20);
  ASSERT_TRUE(Run(resumed).ok());
  EXPECT_THAT(lines_, ::testing::Contains(HasSubstr("resumed after 8 of 20")));
  ExpectSameState(whole, resumed);
}

TEST_F(TrainerTest, AFinishedStageIsRestoredAndNotRun) {
  NoiseStage first(5);
  ASSERT_TRUE(Run(first).ok());
  NoiseStage second(5);
  second.nan_at = 0;
  ASSERT_TRUE(Run(second).ok());
  ExpectSameState(first, second);
}

TEST_F(TrainerTest, ANonFiniteLossNamesStageAndStepAndKeepsTheLastCheckpoint) {
  NoiseStage broken(20);
  broken.nan_at = 12;
  const absl::Status status = Run(broken);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("noise: step 12"));
  NoiseStage resumed(20);
  ASSERT_TRUE(Run(resumed).ok());
  EXPECT_THAT(lines_, ::testing::Contains(HasSubstr("resumed after 10 of 20")));
}

TEST_F(TrainerTest, AnotherConfigurationIsRefused) {
  NoiseStage first(5);
  ASSERT_TRUE(Run(first, R"({"seed": 1, "steps": 5})").ok());
  NoiseStage second(5);
  const absl::Status status = Run(second, R"({"seed": 2, "steps": 5})");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("another configuration: /seed is 2, was 1;"));
}

TEST_F(TrainerTest, MetricsAreALineOfJsonEach) {
  NoiseStage stage(10);
  ASSERT_TRUE(Run(stage).ok());
  std::ifstream file(directory_ / "metrics.jsonl");
  std::string line;
  std::vector<std::string> lines;
  while (std::getline(file, line)) lines.push_back(line);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[1], HasSubstr("\"step\":10"));
  EXPECT_THAT(lines[1], HasSubstr("\"stage\":\"noise\""));
}

}  // namespace
}  // namespace strobe::model
