// Captions to what a denoiser is conditioned on, by frozen text encoders.

#ifndef STROBE_MODEL_TRAINING_METHODS_PROMPT_CONDITIONER_H_
#define STROBE_MODEL_TRAINING_METHODS_PROMPT_CONDITIONER_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/pipeline/families/model_family.h"
#include "model/pipeline/prompt_encoder.h"
#include "model/text/clip/clip_text_encoder.h"
#include "model/training/data/caption_bank.h"
#include "model/training/methods/latent_sampler.h"
#include "model/training/networks/trained_model.h"

namespace strobe::model {

// The text side of a model, in float32: one text encoder, or SDXL's two with the sizes that its
// denoiser is told. No gradients. Immutable after Create.
class PromptConditioner {
 public:
  // `image_size`: pixels. Errors are those of tokenizers, configs and weights.
  static absl::StatusOr<std::unique_ptr<PromptConditioner>> Create(const TrainedModel& model,
                                                                   int image_size,
                                                                   at::Device device);

  // For the caption bank; owned by this.
  const std::vector<const ClipTokenizer*>& tokenizers() const { return tokenizers_; }

  // For `captions`, numbers of `bank`, which was made with tokenizers().
  Conditioning Condition(const CaptionBank& bank, const std::vector<int64_t>& captions,
                         double guidance_scale) const;
  Conditioning Condition(const std::vector<std::string>& captions, double guidance_scale) const;

  const PromptEncoder& encoder() const { return *encoder_; }

 private:
  PromptConditioner(std::vector<std::unique_ptr<ClipTextEncoder>> encoders,
                    const ModelFamily& family, at::Device device);

  Conditioning Encode(const std::vector<PromptTokens>& prompts) const;

  std::vector<const ClipTokenizer*> tokenizers_;  // of the encoders
  std::optional<PromptEncoder> encoder_;          // set by the constructor
  at::Device device_;
  Conditioning empty_;  // what is the same for every batch
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_PROMPT_CONDITIONER_H_
