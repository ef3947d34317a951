// StableDiffusionXLPipeline (Podell et al. 2023).

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_STABLE_DIFFUSION_XL_FAMILY_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_STABLE_DIFFUSION_XL_FAMILY_H_

#include "model/pipeline/families/unet_family.h"

namespace strobe::model {

// Two text encoders (section 2.1): their penultimate states are joined, and the second one's
// projection is the pooled prompt. The denoiser is told the pooled prompt and six sizes (section
// 2.2), see TextTimeConfig::TimeIds.
class StableDiffusionXlFamily final : public UNetFamily {
 public:
  StableDiffusionXlFamily();

  absl::string_view pipeline_class() const override { return "StableDiffusionXLPipeline"; }
  LatentStatistics latent_statistics() const override { return LatentStatistics::kApplied; }
  bool may_zero_empty_prompt() const override { return true; }
  double default_guidance_scale() const override { return 5.0; }
  DenoiserConditions Condition(absl::Span<const ConditionRow> rows, const DenoiserFacts& denoiser,
                               const at::Device& device) const override;

 private:
  void CheckPooledPrompt(int64_t pooled_width, const DenoiserFacts& denoiser,
                         FitCheck& check) const override;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_STABLE_DIFFUSION_XL_FAMILY_H_
