// Trains the critic of the evaluation: pictures against their captions and their attributes.

#ifndef STROBE_MODEL_TRAINING_STAGES_CRITIC_STAGE_H_
#define STROBE_MODEL_TRAINING_STAGES_CRITIC_STAGE_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "model/evaluation/critic_config.h"
#include "model/evaluation/picture_encoder.h"
#include "model/text/clip/clip_text_model.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/training_data.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/stages/training_stage.h"

namespace strobe::model {

// Contrastive loss over the batch, both ways (Radford et al. 2021), and classification of what the
// picture shows of the data's attributes from its features. Not thread-safe.
class CriticStage final : public TrainingStage {
 public:
  // `captions` are those of `data`, with labels; both must outlive the stage. Pictures are looked
  // at in the size of the data.
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

  // The averaged weights under the names of `critic.safetensors`, and what they are.
  StateDict Weights() const;
  CriticConfig Config() const;

  // How the averaged weights tell each attribute of `data`, whose captions are `captions`, from
  // pictures to which it applies. Errors are those of the pictures.
  absl::StatusOr<std::vector<DetectorAccuracy>> Accuracy(const TrainingData& data,
                                                         const CaptionBank& captions) const;

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
  std::optional<PictureEncoder> pictures_;
  std::optional<PictureEncoder> averaged_pictures_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_CRITIC_STAGE_H_
