// From nothing to a student in a few tiny steps.

#include "model/training/training_run.h"

#include <atomic>
#include <filesystem>
#include <vector>

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/training/trained_model.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

RunOptions Options(const fs::path& root, const std::string& name) {
  RunOptions options;
  options.output = (root / name).string();
  options.trainer.directory = (root / (name + ".work")).string();
  options.trainer.checkpoint_every = 3;
  options.trainer.sheet_every = 3;
  options.trainer.seconds = [] {
    static double now = 0.0;
    return now += 0.5;
  };
  options.trainer.progress = [](absl::string_view) {};
  return options;
}

fs::path FreshRoot() {
  const fs::path root = fs::path(::testing::TempDir()) / "training_run_test";
  fs::remove_all(root);
  fs::create_directories(root);
  return root;
}

// Steps of the pipeline that serves, on the model in `directory`.
void ExpectItGenerates(const std::string& directory, int num_steps) {
  const auto pipeline = TextToImagePipeline::Load(directory, {});
  ASSERT_TRUE(pipeline.ok()) << pipeline.status();
  GenerationSpec spec;
  spec.prompt = "a red circle";
  spec.width = spec.height = 32;
  spec.num_inference_steps = num_steps;
  const auto sample = (*pipeline)->CreateSample(spec, {});
  ASSERT_TRUE(sample.ok()) << sample.status();
  PipelineSample* const batch[] = {sample->get()};
  ASSERT_TRUE((*pipeline)->EncodePrompts(batch).ok());
  for (int i = 0; i < num_steps; ++i) ASSERT_TRUE((*pipeline)->DenoiseStep(batch).ok());
  const auto images = (*pipeline)->Decode(batch);
  ASSERT_TRUE(images.ok()) << images.status();
  EXPECT_EQ(images->front().sizes().vec(), (std::vector<int64_t>{3, 32, 32}));
}

void ExpectSame(const StateDict& actual, const StateDict& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : actual) {
    EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
  }
}

TEST(TrainingRunTest, ATeacherAndItsStudentComeOutAndServe) {
  const fs::path root = FreshRoot();
  const absl::Status trained =
      RunTraining(*MakeTrainingRecipe("smoke", {}), Options(root, "teacher"));
  ASSERT_TRUE(trained.ok()) << trained;
  EXPECT_TRUE(fs::exists(root / "teacher.work/teacher-000006.png"));
  EXPECT_TRUE(fs::exists(root / "teacher.work/metrics.jsonl"));
  ExpectItGenerates((root / "teacher").string(), 8);

  const absl::Status distilled = RunDistillation(*MakeDistillationRecipe("smoke", {}),
                                                 root / "teacher", Options(root, "student"));
  ASSERT_TRUE(distilled.ok()) << distilled;
  ExpectItGenerates((root / "student").string(), 1);
  ExpectItGenerates((root / "student").string(), 3);

  // A teacher of the same seed that is interrupted in the middle of every stage is the same.
  RunOptions options = Options(root, "again");
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
}

TEST(TrainingRunTest, ATeacherThatIsNotThereIsNamed) {
  const fs::path root = FreshRoot();
  const absl::Status status = RunDistillation(*MakeDistillationRecipe("smoke", {}), root / "nobody",
                                              Options(root, "student"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("nobody"));
}

}  // namespace
}  // namespace strobe::model
