// How much memory one call of the denoiser needs beside its weights.

#ifndef STROBE_MODEL_DENOISER_UNET_UNET_ACTIVATION_ESTIMATE_H_
#define STROBE_MODEL_DENOISER_UNET_UNET_ACTIVATION_ESTIMATE_H_

#include <cstdint>

#include "model/denoiser/unet/unet_2d_condition_config.h"

namespace strobe::model {

// Elements that are alive at once at the worst moment of a call for one row of `height` x `width`
// latent cells: the skips kept for the way up, and the tensors of the layer that is running. An
// estimate (a fused kernel needs less, a convolution's scratch more) for planning, not a bound.
int64_t EstimateUNetActivations(const UNet2DConditionConfig& config, int64_t height, int64_t width);

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_UNET_ACTIVATION_ESTIMATE_H_
