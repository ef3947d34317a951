// Trains the many-step teacher: denoiser and text encoder together.

#ifndef STROBE_MODEL_TRAINING_STAGES_TEACHER_STAGE_H_
#define STROBE_MODEL_TRAINING_STAGES_TEACHER_STAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/sampling/noise_schedule.h"
#include "model/text/clip/clip_text_model.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/networks/parameter_set.h"
#include "model/training/networks/trained_model.h"
#include "model/training/networks/training_random.h"
#include "model/training/stages/training_stage.h"

namespace strobe::model {

// What the teacher learns from; everything must outlive the stage.
struct TeacherData {
  at::Tensor latents;                     // [pictures, C, h, w], any floating dtype
  const CaptionBank* captions = nullptr;  // of the same pictures
  at::Tensor empty_caption;               // int64 [tokens]: no prompt, for guidance
  const ImageDecoder* decoder = nullptr;  // for the sample sheets
  at::Device device = at::kCPU;           // of latents and decoder, and of the training
};

// Denoises latents under their captions (Ho et al. 2020) with some captions left out (Ho and
// Salimans 2022). Timesteps are 1000 u^exponent; a share of the samples is pure noise at the last
// timestep, which is what sampling starts from. Not thread-safe.
class TeacherStage final : public TrainingStage {
 public:
  // Starts from the text encoder and the configs of `model`, and from its unet if it has one.
  static absl::StatusOr<std::unique_ptr<TeacherStage>> Create(const TrainingRecipe& recipe,
                                                              const TrainedModel& model,
                                                              const TeacherData& data);

  absl::string_view name() const override { return "teacher"; }
  int64_t num_steps() const override { return recipe_.teacher.steps; }
  int64_t batch_size() const override { return recipe_.teacher.batch_size; }
  absl::StatusOr<StepReport> RunStep(int64_t step) override;
  StateDict State() const override { return learner_->State(); }
  absl::StatusOr<std::optional<RgbImage>> SampleSheet() override;

  // The averaged weights.
  StateDict UnetWeights() const { return learner_->averaged(0).Snapshot(); }
  StateDict TextWeights() const { return learner_->averaged(1).Snapshot(); }

 private:
  struct Batch {
    at::Tensor x0;
    at::Tensor noisy;
    at::Tensor token_ids;
    std::vector<int64_t> timesteps;
    std::vector<NoiseLevel> levels;
  };

  TeacherStage(const TrainingRecipe& recipe, const TrainedModel& model, const TeacherData& data,
               const NoiseSchedule& schedule, PredictionType prediction_type);

  absl::Status Build();
  Batch DrawBatch(StepRandom& random) const;
  at::Tensor Denoise(const Batch& batch) const;  // x0hat, float32

  TrainingRecipe recipe_;
  TrainedModel model_;
  TeacherData data_;
  NoiseSchedule schedule_;
  Precision precision_;
  PredictionType prediction_type_;
  ParameterSet unet_weights_;
  ParameterSet text_weights_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<UNet2DConditionModel> unet_;
  std::unique_ptr<ClipTextModel> text_;
  std::unique_ptr<UNet2DConditionModel> averaged_unet_;
  std::unique_ptr<ClipTextModel> averaged_text_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_TEACHER_STAGE_H_
