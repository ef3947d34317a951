// The encoder half of diffusers' AutoencoderTiny (TAESD).

#ifndef STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_ENCODER_H_
#define STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_ENCODER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_encoder.h"
#include "model/autoencoder/tiny/autoencoder_tiny_block.h"
#include "model/layers/conv_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// A 3x3 convolution, `num_halvings` of stride 2 without bias, residual blocks after each, and a 3x3
// one to the latents. Without blocks, as strobe trains it, linear in the picture. Takes
// `encoder.layers.*`. Immutable; copies share the weights.
class AutoencoderTinyEncoder final : public ImageEncoder {
 public:
  struct Options {
    int64_t width = 32;
    int64_t latent_channels = 16;
    int num_halvings = 3;
    std::vector<int64_t> blocks = {};  // at each size, from the largest; empty: none
    double scaling_factor = 1.0;
  };

  AutoencoderTinyEncoder(StateDictLoader& loader, const Options& options);

  at::Tensor Encode(const at::Tensor& pictures) const override;

 private:
  struct Level {
    Conv2d convolution;
    std::vector<AutoencoderTinyBlock> blocks;
  };

  std::vector<Level> levels_;
  double scaling_factor_;
};

// The encoder of a `vae` folder's config.json. INVALID_ARGUMENT names every option whose value
// strobe cannot run.
absl::StatusOr<std::unique_ptr<ImageEncoder>> CreateAutoencoderTinyEncoder(
    const nlohmann::json& config, StateDictLoader& loader);

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_TINY_AUTOENCODER_TINY_ENCODER_H_
