// The decoder half of diffusers' AutoencoderKL.

#ifndef STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_H_
#define STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_H_

#include <memory>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// image = decoder(post_quant_conv(latents / scaling_factor)) / 2 + 0.5. Both spellings of the
// middle attention's tensors are taken. Missing keys get diffusers' defaults; INVALID_ARGUMENT
// names every option whose value strobe cannot run, and then no tensor has been taken.
absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateAutoencoderKL(const nlohmann::json& config,
                                                                  LatentStatistics statistics,
                                                                  StateDictLoader& loader);

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_H_
