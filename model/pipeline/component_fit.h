// Whether the components of a pipeline belong together.

#ifndef STROBE_MODEL_PIPELINE_COMPONENT_FIT_H_
#define STROBE_MODEL_PIPELINE_COMPONENT_FIT_H_

#include "absl/status/status.h"
#include "model/autoencoder/image_decoder.h"
#include "model/denoiser/unet/unet_2d_condition_config.h"
#include "model/pipeline/pipeline_family.h"
#include "model/pipeline/prompt_encoder.h"

namespace strobe::model {

// INVALID_ARGUMENT names everything that does not fit: text width and cross attention, latent
// channels, prompt length and positions, SDXL's conditions, the preview decoder's latents.
// `preview_decoder` may be null.
absl::Status CheckComponentsFit(const PipelineFamily& family, const PromptEncoder& prompt_encoder,
                                const UNet2DConditionConfig& unet, const ImageDecoder& decoder,
                                const ImageDecoder* preview_decoder);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_COMPONENT_FIT_H_
