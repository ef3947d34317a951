// What the families of UNet2DConditionModel have in common.

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_UNET_FAMILY_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_UNET_FAMILY_H_

#include <memory>
#include <vector>

#include "model/pipeline/families/clip_text_loading.h"
#include "model/pipeline/families/model_family.h"
#include "model/pipeline/fit_check.h"

namespace strobe::model {

// CLIP text encoders whose states lie side by side, a UNet, a diffusion scheduler, and latents of
// one channel block a cell. Guidance is active above a scale of 1, unless the UNet takes the scale
// itself: then it gets scale - 1.
class UNetFamily : public ModelFamily {
 public:
  const std::vector<ComponentSpec>& components() const final { return components_; }

  absl::Status CheckScheduler(const Scheduler& scheduler) const final;
  std::vector<std::unique_ptr<TextEncoder>> LoadTextEncoders(ComponentLoader& loader,
                                                             LoadProblems& problems) const final;
  absl::StatusOr<std::unique_ptr<Denoiser>> LoadDenoiser(ComponentLoader& loader) const final;
  absl::Status CheckFit(const FamilyParts& parts) const final;
  LatentGeometry Geometry(const DenoiserFacts& denoiser, const ImageDecoder& decoder) const final;

  TextStates JoinTexts(std::vector<TextStates> states) const final;
  double GuidanceWeight(double guidance_scale, const DenoiserFacts& denoiser) const override;
  double default_guidance_scale() const override { return 7.5; }
  DenoiserConditions Condition(absl::Span<const ConditionRow> rows, const DenoiserFacts& denoiser,
                               const at::Device& device) const override;

  const std::vector<ClipTextSource>& texts() const { return texts_; }

 protected:
  explicit UNetFamily(std::vector<ClipTextSource> texts);

  // What the pooled prompt of the text encoders, `pooled_width` wide or 0, and that of the UNet
  // must be.
  virtual void CheckPooledPrompt(int64_t pooled_width, const DenoiserFacts& denoiser,
                                 FitCheck& check) const;

 private:
  void CheckTexts(const PromptEncoder& prompt_encoder, FitCheck& check) const;

  std::vector<ClipTextSource> texts_;
  std::vector<ComponentSpec> components_;
};

// One number a row, float32 on `device`.
at::Tensor OnDevice(const std::vector<float>& values, const at::Device& device);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_UNET_FAMILY_H_
