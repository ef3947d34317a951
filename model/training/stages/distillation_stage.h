// Trains a few-step student from a teacher.

#ifndef STROBE_MODEL_TRAINING_STAGES_DISTILLATION_STAGE_H_
#define STROBE_MODEL_TRAINING_STAGES_DISTILLATION_STAGE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/sampling/noise_schedule.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/training_recipe.h"
#include "model/training/methods/distillation_method.h"
#include "model/training/methods/prompt_conditioner.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/networks/parameter_set.h"
#include "model/training/networks/trained_model.h"
#include "model/training/stages/training_stage.h"

namespace strobe::model {

// What the student learns from; must outlive the stage.
struct DistillationData {
  const CaptionBank* captions = nullptr;
  const PromptConditioner* conditioner = nullptr;  // of the teacher, on the device
  // Latents of pictures, on the device, for the methods that want them.
  std::function<absl::StatusOr<at::Tensor>(const std::vector<int64_t>& indices)> latents;
  at::Device device = at::kCPU;  // where everything is computed
};

// The student starts as the teacher's denoiser; the text encoders and the decoder are frozen and
// shared. Whatever the teacher is sampled with, the student's steps are those of DDIM with trailing
// timesteps, unless the method says otherwise. Not thread-safe.
class DistillationStage final : public TrainingStage {
 public:
  // INVALID_ARGUMENT names what of the teacher does not fit together or to the recipe.
  static absl::StatusOr<std::unique_ptr<DistillationStage>> Create(const DistillationRecipe& recipe,
                                                                   const TrainedModel& teacher,
                                                                   const DistillationData& data);

  absl::string_view name() const override { return "student"; }
  int64_t num_steps() const override { return recipe_.student.steps; }
  int64_t batch_size() const override { return recipe_.student.batch_size; }
  absl::StatusOr<StepReport> RunStep(int64_t step) override;
  StateDict State() const override;

  // A row of sheets for each step count.
  absl::StatusOr<std::optional<RgbImage>> SampleSheet() override;

  // The averaged weights of the student's denoiser, adapters merged.
  StateDict Weights() const;

  // The averaged adapters alone, under peft's names; empty without a LoRA rank.
  StateDict Adapters() const;

  const nlohmann::json& student_scheduler() const { return student_scheduler_; }

  // Pixels that the teacher was made for, by its config.
  int64_t teacher_image_size() const {
    return teacher_->config().sample_width * decoder_->scale_factor();
  }

 private:
  DistillationStage(const DistillationRecipe& recipe, const DistillationData& data)
      : recipe_(recipe),
        precision_(*ParsePrecision(recipe.precision)),
        data_(data),
        teacher_weights_(data.device),
        student_weights_(data.device) {}

  absl::Status Build(const TrainedModel& teacher);
  absl::Status BuildDenoisers(const TrainedModel& teacher);
  absl::Status BuildMethod(const nlohmann::json& scheduler);
  absl::Status CheckFit(const TrainedModel& teacher) const;
  absl::StatusOr<DistillationLoss> LossOfPart(StepRandom& random);
  // "spread_2_steps": of the averaged student over 8 seeds of 16 prompts, in the guided teacher's.
  void MeasureSpread(std::map<std::string, double>& extras);
  std::vector<int64_t> LatentShape(int64_t count) const;

  DistillationRecipe recipe_;
  Precision precision_;
  DistillationData data_;
  nlohmann::json student_scheduler_;
  ParameterSet teacher_weights_;
  ParameterSet student_weights_;  // or its adapters
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<UNet2DConditionModel> teacher_;
  std::unique_ptr<UNet2DConditionModel> student_;
  std::unique_ptr<UNet2DConditionModel> averaged_student_;
  std::unique_ptr<ImageDecoder> decoder_;
  std::unique_ptr<DistillationMethod> method_;
  std::vector<StepTable> sheet_tables_;  // of the student's sampler
  std::optional<NoiseSchedule> schedule_;
  double teacher_spread_ = 0.0;  // 0: not measured yet
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_DISTILLATION_STAGE_H_
