// The encoder half of diffusers' AutoencoderKL.

#ifndef STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_ENCODER_H_
#define STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_ENCODER_H_

#include <memory>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_encoder.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// latents = scaling_factor * mean of the posterior quant_conv(encoder(2 * picture - 1)): its mode,
// not a sample of it, so that a picture has one latent. Sides must be multiples of the
// down-sampling. INVALID_ARGUMENT names every option whose value strobe cannot run.
absl::StatusOr<std::unique_ptr<ImageEncoder>> CreateAutoencoderKLEncoder(
    const nlohmann::json& config, LatentStatistics statistics, StateDictLoader& loader);

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_ENCODER_H_
