// Trains the critic of the evaluation: pictures and captions of scenes against each other.

#ifndef STROBE_MODEL_TRAINING_STAGES_CRITIC_STAGE_H_
#define STROBE_MODEL_TRAINING_STAGES_CRITIC_STAGE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "model/evaluation/scene_critic.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/training_data.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/stages/training_stage.h"

namespace strobe::model {

// Contrastive loss over the batch, both ways (Radford et al. 2021), and classification of count,
// background, position and the lone object from the picture's features, so that they tell all of
// that. Not thread-safe.
class CriticStage final : public TrainingStage {
 public:
  // `captions` are those of `data`, with labels; both must outlive the stage.
  static absl::StatusOr<std::unique_ptr<CriticStage>> Create(const TrainingRecipe& recipe,
                                                             const nlohmann::json& text_config,
                                                             const TrainingData* data,
                                                             const CaptionBank* captions,
                                                             at::Device device);

  absl::string_view name() const override { return "critic"; }
  int64_t num_steps() const override { return recipe_.critic.steps; }
  int64_t batch_size() const override { return recipe_.critic.batch_size; }
  absl::StatusOr<StepReport> RunStep(int64_t step) override;
  StateDict State() const override { return learner_->State(); }
  absl::StatusOr<std::optional<RgbImage>> SampleSheet() override { return std::nullopt; }

  // The averaged weights under the names of `critic.safetensors`.
  StateDict Weights() const;

 private:
  CriticStage(const TrainingRecipe& recipe, const TrainingData* data, const CaptionBank* captions,
              at::Device device)
      : recipe_(recipe),
        precision_(*ParsePrecision(recipe.precision)),
        data_(data),
        captions_(captions),
        weights_(device),
        heads_(device) {}

  at::Device device() const { return weights_.device(); }

  TrainingRecipe recipe_;
  Precision precision_;
  const TrainingData* data_;
  const CaptionBank* captions_;
  ParameterSet weights_;
  ParameterSet heads_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<ClipTextModel> text_;
  std::optional<ScenePictureEncoder> pictures_;
};

// The classes to be told from a picture alone, -100 where its caption does not say them or names
// several objects, whose order a picture does not show. `labels` and the result: int64 [B, heads].
at::Tensor PictureLabels(const at::Tensor& labels);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_CRITIC_STAGE_H_
