// The encoder half of diffusers' AutoencoderKL.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_KL_ENCODER_H_
#define STROBE_MODEL_TRAINING_NETWORKS_KL_ENCODER_H_

#include <memory>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/training/networks/picture_encoder.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// latents = scaling_factor * mean of the posterior quant_conv(encoder(2 * picture - 1)): its mode,
// not a sample of it, so that a picture has one latent. Sides must be multiples of the
// down-sampling. INVALID_ARGUMENT names every option whose value strobe cannot run.
absl::StatusOr<std::unique_ptr<PictureEncoder>> CreateKlEncoder(const nlohmann::json& config,
                                                                DecoderFamily family,
                                                                StateDictLoader& loader);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_KL_ENCODER_H_
