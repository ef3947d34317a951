// The decoder half of diffusers' AutoencoderTiny (TAESD).

#ifndef STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_H_
#define STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_H_

#include <memory>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// image = layers(3 * tanh(latents / scaling_factor / 3)), already in 0..1. Missing keys get
// diffusers' defaults; INVALID_ARGUMENT names every option whose value strobe cannot run, and then
// no tensor has been taken.
absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateAutoencoderTiny(const nlohmann::json& config,
                                                                    StateDictLoader& loader);

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_H_
