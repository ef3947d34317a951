// diffusers' UNet2DConditionModel: predicts the noise, the clean latents or the velocity.

#ifndef STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_MODEL_H_
#define STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_MODEL_H_

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/unet_2d_condition_config.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// What some families are conditioned on beside timestep and prompt, one row a sample. Undefined
// where the config asks for none; a network that needs one throws c10::Error without it.
struct UNetConditions {
  at::Tensor pooled_prompt_embeds;  // SDXL: [B, text_time->text_dim()]
  at::Tensor time_ids;              // SDXL: float32 [B, 6], see TextToImagePipeline
  at::Tensor guidance_weights;      // LCM: float32 [B], guidance scale - 1
};

// Holds weights; immutable after creation, so that Forward may be called from several threads.
// Latent sizes need not be multiples of the down-sampling.
class UNet2DConditionModel {
 public:
  // Takes its tensors by diffusers' key names from `loader`; the caller calls `loader.Finish()`.
  static std::unique_ptr<UNet2DConditionModel> Create(const UNet2DConditionConfig& config,
                                                      StateDictLoader& loader);
  virtual ~UNet2DConditionModel() = default;

  // `sample`: [B, in_channels, h, w]. `timesteps`: float32 [B], the label of each row.
  // `encoder_hidden_states`: [B, tokens, cross_attention_dim]. Returns [B, out_channels, h, w].
  // Inputs are converted to the dtype of the weights, which is also the dtype of the result; rows
  // do not influence each other. Throws c10::Error on shapes that do not fit.
  virtual at::Tensor Forward(const at::Tensor& sample, const at::Tensor& timesteps,
                             const at::Tensor& encoder_hidden_states,
                             const UNetConditions& conditions) const = 0;
  at::Tensor Forward(const at::Tensor& sample, const at::Tensor& timesteps,
                     const at::Tensor& encoder_hidden_states) const {
    return Forward(sample, timesteps, encoder_hidden_states, {});
  }

  // For the same inputs what each level of the encoder gives before it is scaled down, from the
  // highest to the lowest, and at last what the mid block gives, [B, channels of the level, h',
  // w']: features for a discriminator.
  virtual std::vector<at::Tensor> EncoderFeatures(const at::Tensor& sample,
                                                  const at::Tensor& timesteps,
                                                  const at::Tensor& encoder_hidden_states,
                                                  const UNetConditions& conditions) const = 0;

  virtual const UNet2DConditionConfig& config() const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_MODEL_H_
