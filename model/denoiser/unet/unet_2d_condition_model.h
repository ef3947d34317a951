// diffusers' UNet2DConditionModel: predicts the noise, the clean latents or the velocity.

#ifndef STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_MODEL_H_
#define STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_MODEL_H_

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

#include "model/denoiser/denoiser.h"
#include "model/denoiser/unet/unet_2d_condition_config.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Latent sizes need not be multiples of the down-sampling. `conditions.pooled` and `sizes` are
// SDXL's: [B, text_time->text_dim()] and the six numbers of TextTimeConfig::TimeIds; `guidance` is
// LCM's guidance scale - 1.
class UNet2DConditionModel : public Denoiser {
 public:
  // Takes its tensors by diffusers' key names from `loader`; the caller calls `loader.Finish()`.
  static std::unique_ptr<UNet2DConditionModel> Create(const UNet2DConditionConfig& config,
                                                      StateDictLoader& loader);

  int64_t EstimateActivations(int64_t height, int64_t width) const final;
  DenoiserFacts facts() const final;

  // For the inputs of Forward what the mid block gives, [B, channels of the lowest level, h', w']:
  // features for a discriminator.
  virtual at::Tensor MidFeatures(const at::Tensor& latents, const at::Tensor& timesteps,
                                 const DenoiserConditions& conditions) const = 0;

  virtual const UNet2DConditionConfig& config() const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_MODEL_H_
