// Samples latents with a denoiser in memory, by the step rule that serves.

#ifndef STROBE_MODEL_TRAINING_METHODS_LATENT_SAMPLER_H_
#define STROBE_MODEL_TRAINING_METHODS_LATENT_SAMPLER_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// What a denoiser is told beside the latents. Without guidance (scale 1) `unconditional` is unused.
struct Conditioning {
  at::Tensor conditional;    // [B, tokens, width]
  at::Tensor unconditional;  // [tokens, width], the empty caption
  double guidance_scale = 1.0;
  at::Tensor pooled = {};        // SDXL: [B, pooled width]
  at::Tensor pooled_empty = {};  // SDXL: [pooled width]
  at::Tensor time_ids = {};      // SDXL: float32 [6]

  Conditioning Rows(const at::Tensor& rows) const;  // int64 indices
  Conditioning Unguided() const;                    // the same at scale 1

  // What the denoiser is told with the captions, a row for each of them.
  DenoiserConditions Told() const;
};

// The denoiser's output on [B, C, h, w] at a timestep a row, with classifier-free guidance:
// u + scale (c - u).
at::Tensor GuidedOutput(const UNet2DConditionModel& unet, const at::Tensor& latents,
                        const std::vector<double>& timesteps, const Conditioning& conditioning);

// Runs `table` from unit noise [B, C, h, w] without gradients. What it draws comes from `seed`.
at::Tensor SampleLatents(const UNet2DConditionModel& unet, const StepTable& table,
                         const at::Tensor& noise, const Conditioning& conditioning,
                         uint64_t seed = 0);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_LATENT_SAMPLER_H_
