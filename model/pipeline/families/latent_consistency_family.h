// LatentConsistencyModelPipeline (Luo et al. 2023): guidance is distilled into the denoiser.

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_LATENT_CONSISTENCY_FAMILY_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_LATENT_CONSISTENCY_FAMILY_H_

#include "model/pipeline/families/unet_family.h"

namespace strobe::model {

// Text as StableDiffusionFamily has it; never a second row without the prompt.
class LatentConsistencyFamily final : public UNetFamily {
 public:
  LatentConsistencyFamily() : UNetFamily({{"tokenizer", "text_encoder", "CLIPTextModel"}}) {}

  absl::string_view pipeline_class() const override { return "LatentConsistencyModelPipeline"; }
  double GuidanceWeight(double /*guidance_scale*/,
                        const DenoiserFacts& /*denoiser*/) const override {
    return 1.0;
  }
  double default_guidance_scale() const override { return 8.5; }
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_LATENT_CONSISTENCY_FAMILY_H_
