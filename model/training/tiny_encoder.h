// The encoder half of diffusers' AutoencoderTiny, as strobe trains it: convolutions alone.

#ifndef STROBE_MODEL_TRAINING_TINY_ENCODER_H_
#define STROBE_MODEL_TRAINING_TINY_ENCODER_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers/conv_2d.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// A 3x3 convolution, `num_halvings` of stride 2 without bias, and a 3x3 one to the latents: linear
// in the picture. Takes `encoder.layers.*`. Immutable; copies share the weights.
class TinyEncoder {
 public:
  struct Options {
    int64_t width = 32;
    int64_t latent_channels = 16;
    int num_halvings = 3;
  };

  TinyEncoder(StateDictLoader& loader, const Options& options);

  // Pictures [B, 3, H, W] in 0..1 to latents [B, latent_channels, H / 8, W / 8] (scaling factor 1).
  at::Tensor Encode(const at::Tensor& pictures) const;

 private:
  std::vector<Conv2d> layers_;
};

// First weights that make the encoder a hierarchical principal component analysis of `pictures`
// ([N, 3, H, W] in 0..1, a thousand or more): the first convolution takes off the mean colour, each
// halving maps its 2x2 neighbours to their principal directions, as many as `width`, and the last
// convolution keeps the first `latent_channels` of them, channel i scaled to the standard deviation
// 1.4 (s_i / s_0)^0.45.
StateDict FitTinyEncoder(const at::Tensor& pictures, const TinyEncoder::Options& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_TINY_ENCODER_H_
