// Trains the text encoder alone: it learns to tell the attributes that a caption names.

#ifndef STROBE_MODEL_TRAINING_STAGES_TEXT_STAGE_H_
#define STROBE_MODEL_TRAINING_STAGES_TEXT_STAGE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/text/clip/clip_text_model.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/networks/parameter_set.h"
#include "model/training/stages/training_stage.h"

namespace strobe::model {

// A linear layer reads all attributes off the last position of the encoder, which, being causal,
// has seen the whole caption. Not thread-safe.
class TextStage final : public TrainingStage {
 public:
  // `captions` must have labels (else INVALID_ARGUMENT) and outlive the stage. `text_config` is the
  // encoder's config.json.
  static absl::StatusOr<std::unique_ptr<TextStage>> Create(const TrainingRecipe& recipe,
                                                           const nlohmann::json& text_config,
                                                           const CaptionBank* captions,
                                                           at::Device device);

  absl::string_view name() const override { return "text"; }
  int64_t num_steps() const override { return recipe_.text.steps; }
  int64_t batch_size() const override { return recipe_.text.batch_size; }
  absl::StatusOr<StepReport> RunStep(int64_t step) override;
  StateDict State() const override { return learner_->State(); }
  absl::StatusOr<std::optional<RgbImage>> SampleSheet() override { return std::nullopt; }

  // The averaged weights under the names of a `text_encoder` folder.
  StateDict Weights() const { return learner_->averaged(0).Snapshot(); }

  // Share of captions of `bank`, which has the same heads, whose attributes the averaged weights
  // all tell.
  double Accuracy(const CaptionBank& bank) const;

 private:
  TextStage(const TrainingRecipe& recipe, const CaptionBank* captions, at::Device device)
      : recipe_(recipe),
        precision_(*ParsePrecision(recipe.precision)),
        captions_(captions),
        encoder_weights_(device),
        head_weights_(device) {}

  at::Device device() const { return encoder_weights_.device(); }

  TrainingRecipe recipe_;
  Precision precision_;
  const CaptionBank* captions_;
  ParameterSet encoder_weights_;
  ParameterSet head_weights_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<ClipTextModel> encoder_;
  std::unique_ptr<ClipTextModel> averaged_encoder_;
};

// Builds a CLIPTextModel over `weights`, making what they lack: names start with `text_model.`.
absl::StatusOr<std::unique_ptr<ClipTextModel>> BuildTextModel(const nlohmann::json& config,
                                                              uint64_t seed, ParameterSet& weights);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_TEXT_STAGE_H_
