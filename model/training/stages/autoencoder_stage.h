// Trains the autoencoder, or its decoder alone.

#ifndef STROBE_MODEL_TRAINING_STAGES_AUTOENCODER_STAGE_H_
#define STROBE_MODEL_TRAINING_STAGES_AUTOENCODER_STAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/training/data/training_data.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/parameter_set.h"
#include "model/training/networks/tiny_encoder_fit.h"
#include "model/training/networks/training_random.h"
#include "model/training/stages/training_stage.h"

namespace strobe::model {

// Reconstruction of pictures through latents with a little noise. "autoencoder" trains both halves,
// the encoder at a fraction of the rate; "decoder" leaves the encoder, and with it every latent, as
// it was. Not thread-safe.
class AutoencoderStage final : public TrainingStage {
 public:
  // A new autoencoder: PCA encoder fitted to pictures of `data`, which must outlive the stage.
  static absl::StatusOr<std::unique_ptr<AutoencoderStage>> Create(const TrainingRecipe& recipe,
                                                                  const TrainingData* data,
                                                                  at::Device device);

  // The decoder of the `vae` weights alone.
  static absl::StatusOr<std::unique_ptr<AutoencoderStage>> CreateForDecoder(
      const TrainingRecipe& recipe, const TrainingData* data, const StateDict& vae,
      at::Device device);

  absl::string_view name() const override { return name_; }
  int64_t num_steps() const override { return descent_.steps; }
  int64_t batch_size() const override { return descent_.batch_size; }
  absl::StatusOr<StepReport> RunStep(int64_t step) override;
  StateDict State() const override { return learner_->State(); }
  absl::StatusOr<std::optional<RgbImage>> SampleSheet() override;

  // The averaged weights under the names of a `vae` folder.
  StateDict Weights() const;

  // Of the averaged weights on `count` pictures of held_out(), in dB.
  absl::StatusOr<double> HeldOutPsnr(int64_t count) const;
  const TrainingData& held_out() const { return *held_out_; }

 private:
  AutoencoderStage(const TrainingRecipe& recipe, const TrainingData* data, bool decoder_only,
                   at::Device device);

  at::Device device() const { return decoder_weights_.device(); }
  absl::Status Build(const StateDict& vae);
  absl::StatusOr<at::Tensor> LossOfPart(StepRandom& random) const;

  std::string name_;
  bool decoder_only_;
  TrainingRecipe recipe_;
  DescentRecipe descent_;
  const TrainingData* data_;
  std::unique_ptr<TrainingData> held_out_;
  ParameterSet encoder_weights_;
  ParameterSet decoder_weights_;
  std::unique_ptr<Learner> learner_;
  std::optional<AutoencoderTinyEncoder> encoder_;
  std::unique_ptr<ImageDecoder> decoder_;
  std::optional<AutoencoderTinyEncoder> averaged_encoder_;
  std::unique_ptr<ImageDecoder> averaged_decoder_;
};

// The options of the encoder that a recipe's networks have.
AutoencoderTinyEncoder::Options EncoderOptions(const NetworkRecipe& network);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_AUTOENCODER_STAGE_H_
