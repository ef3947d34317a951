// StableDiffusionPipeline: Stable Diffusion 1.x and 2.x, and what is distilled from them.

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_STABLE_DIFFUSION_FAMILY_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_STABLE_DIFFUSION_FAMILY_H_

#include "model/pipeline/families/unet_family.h"

namespace strobe::model {

// One text encoder, of which the last hidden state counts.
class StableDiffusionFamily final : public UNetFamily {
 public:
  StableDiffusionFamily();

  absl::string_view pipeline_class() const override { return "StableDiffusionPipeline"; }
  nlohmann::json IndexExtras() const override;
  // The pipeline sets clip_sample to false and steps_offset to 1 without a word.
  void OverrideScheduler(nlohmann::json& config) const override;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_STABLE_DIFFUSION_FAMILY_H_
