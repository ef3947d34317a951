// Pictures to latents, whichever autoencoder a model brings.

#ifndef STROBE_MODEL_AUTOENCODER_IMAGE_ENCODER_H_
#define STROBE_MODEL_AUTOENCODER_IMAGE_ENCODER_H_

#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/latent_statistics.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// The encoder half of an autoencoder. Holds weights; immutable.
class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;

  // Pictures [B, 3, H, W] in 0..1 to float latents [B, latent_channels, h, w], scaled as the
  // sampler knows them: ImageDecoder::Decode undoes this. H and W must be multiples of the pixels
  // of a latent cell.
  virtual at::Tensor Encode(const at::Tensor& pictures) const = 0;
};

// Creates the encoder of a `vae` folder: `class_name` is its class in model_index.json
// ("AutoencoderKL" or "AutoencoderTiny"), `config` its config.json. Takes the tensors from
// `loader`, where those of the decoder may stay unused; the caller calls `loader.Finish()`.
// INVALID_ARGUMENT names an unsupported class, or every option whose value strobe cannot run.
absl::StatusOr<std::unique_ptr<ImageEncoder>> CreateImageEncoder(const std::string& class_name,
                                                                 const nlohmann::json& config,
                                                                 LatentStatistics statistics,
                                                                 StateDictLoader& loader);

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_IMAGE_ENCODER_H_
