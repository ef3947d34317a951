// From nothing to a student in a few tiny steps.

#include "model/training/run/training_run.h"

#include <atomic>
#include <filesystem>
#include <vector>

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "model/training/networks/trained_model.h"
#include "model/training/run/distillation_run.h"
#include "tests/model/training/whole_runs.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

void ExpectSame(const StateDict& actual, const StateDict& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : actual) {
    EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
  }
}

TEST(TrainingRunTest, ATeacherAndItsStudentComeOutAndServe) {
  const fs::path root = FreshFolder("training_run_test");
  const absl::Status trained =
      RunTraining(*MakeTrainingRecipe("smoke", {}), RunIn(root, "teacher"));
  ASSERT_TRUE(trained.ok()) << trained;
  EXPECT_TRUE(fs::exists(root / "teacher.work/teacher-000006.png"));
  EXPECT_TRUE(fs::exists(root / "teacher.work/metrics.jsonl"));
  ExpectItGenerates((root / "teacher").string(), 8);

  const absl::Status distilled = RunDistillation(*MakeDistillationRecipe("smoke", {}),
                                                 root / "teacher", RunIn(root, "student"));
  ASSERT_TRUE(distilled.ok()) << distilled;
  ExpectItGenerates((root / "student").string(), 1);
  ExpectItGenerates((root / "student").string(), 3);

  // A teacher of the same seed that is interrupted in the middle of every stage is the same.
  RunOptions options = RunIn(root, "again");
  std::atomic<bool> interrupted{false};
  options.trainer.interrupted = &interrupted;
  options.trainer.log_every = 2;
  options.trainer.progress = [&](absl::string_view line) {
    if (absl::StrContains(line, " 2/")) interrupted = true;
  };
  int interruptions = 0;
  absl::Status status;
  while (absl::IsCancelled(status = RunTraining(*MakeTrainingRecipe("smoke", {}), options))) {
    interrupted = false;
    ASSERT_LE(++interruptions, 4);
  }
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(interruptions, 4);
  const auto first = ReadTrainedModel(root / "teacher");
  const auto again = ReadTrainedModel(root / "again");
  ExpectSame(again->unet, first->unet);
  ExpectSame(again->text_encoder, first->text_encoder);
  ExpectSame(again->vae, first->vae);

  // Going on with the decoder alone leaves the latents, and so the denoiser, what they are.
  RunOptions wider = RunIn(root, "wider");
  wider.start_from = root / "teacher";
  const nlohmann::json decoder_alone = {{"teacher", {{"steps", 0}}},
                                        {"data", {{"domain", "rich"}}}};
  status = RunTraining(*MakeTrainingRecipe("smoke", decoder_alone), wider);
  ASSERT_TRUE(status.ok()) << status;
  const auto went_on = ReadTrainedModel(root / "wider");
  ExpectSame(went_on->unet, first->unet);
  for (const auto& [name, tensor] : went_on->vae) {
    EXPECT_EQ(at::equal(tensor, first->vae.at(name)), absl::StartsWith(name, "encoder.")) << name;
  }

  // An autoencoder of another shape than the recipe's is left alone.
  nlohmann::json another_shape = decoder_alone;
  another_shape["network"]["decoder_blocks"] = {2, 0, 0, 0};
  RunOptions kept = RunIn(root, "kept");
  kept.start_from = root / "teacher";
  status = RunTraining(*MakeTrainingRecipe("smoke", another_shape), kept);
  ASSERT_TRUE(status.ok()) << status;
  ExpectSame(ReadTrainedModel(root / "kept")->vae, first->vae);
}

TEST(TrainingRunTest, ATeacherThatIsNotThereIsNamed) {
  const fs::path root = FreshFolder("training_run_test");
  const absl::Status status = RunDistillation(*MakeDistillationRecipe("smoke", {}), root / "nobody",
                                              RunIn(root, "student"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("nobody"));
}

}  // namespace
}  // namespace strobe::model
