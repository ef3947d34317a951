// Whole training runs of a few tiny steps.

#ifndef STROBE_TESTS_MODEL_TRAINING_WHOLE_RUNS_H_
#define STROBE_TESTS_MODEL_TRAINING_WHOLE_RUNS_H_

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/pipeline/text_to_image_pipeline.h"
#include "model/training/run/run_options.h"

namespace strobe::model {

inline std::filesystem::path FreshFolder(const std::string& name) {
  const std::filesystem::path root = std::filesystem::path(::testing::TempDir()) / name;
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  return root;
}

// Output and work folders of their names in `root`; a clock that goes on half a second a look.
inline RunOptions RunIn(const std::filesystem::path& root, const std::string& name) {
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

// A picture of 32x32 that the pipeline that serves makes with the model in `directory`.
inline absl::StatusOr<at::Tensor> PictureOf(const std::string& directory, int num_steps) {
  const auto pipeline = TextToImagePipeline::Load(directory, {});
  if (!pipeline.ok()) return pipeline.status();
  GenerationSpec spec;
  spec.prompt = "a red circle";
  spec.width = spec.height = 32;
  spec.num_inference_steps = num_steps;
  const auto sample = (*pipeline)->CreateSample(spec, {});
  if (!sample.ok()) return sample.status();
  PipelineSample* const batch[] = {sample->get()};
  absl::Status status = (*pipeline)->EncodePrompts(batch);
  for (int i = 0; i < num_steps; ++i) status.Update((*pipeline)->DenoiseStep(batch));
  if (!status.ok()) return status;
  const auto images = (*pipeline)->Decode(batch);
  if (!images.ok()) return images.status();
  return images->front();
}

inline void ExpectItGenerates(const std::string& directory, int num_steps) {
  const absl::StatusOr<at::Tensor> picture = PictureOf(directory, num_steps);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->sizes().vec(), (std::vector<int64_t>{3, 32, 32}));
  EXPECT_TRUE(ToRgbImage(*picture).ok());
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_TRAINING_WHOLE_RUNS_H_
