// From nothing to a student in a few tiny steps.

#include "model/training/training_run.h"

#include <filesystem>
#include <vector>

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

  // A second teacher of the same seed is the same, bit for bit.
  ASSERT_TRUE(RunTraining(*MakeTrainingRecipe("smoke", {}), Options(root, "again")).ok());
  const auto first = ReadTrainedModel(root / "teacher");
  const auto again = ReadTrainedModel(root / "again");
  for (const auto& [name, tensor] : again->unet) {
    EXPECT_TRUE(at::equal(tensor, first->unet.at(name))) << name;
  }
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
