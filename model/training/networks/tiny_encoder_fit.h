// How strobe starts an encoder of AutoencoderTiny of its own.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_TINY_ENCODER_FIT_H_
#define STROBE_MODEL_TRAINING_NETWORKS_TINY_ENCODER_FIT_H_

#include <ATen/core/Tensor.h>

#include "model/autoencoder/tiny/autoencoder_tiny_encoder.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// First weights that make the encoder a hierarchical principal component analysis of `pictures`
// ([N, 3, H, W] in 0..1, a thousand or more): the first convolution takes off the mean colour, each
// halving maps its 2x2 neighbours to their principal directions, as many as `width`, and the last
// convolution keeps the first `latent_channels` of them, channel i scaled to the standard deviation
// 1.4 (s_i / s_0)^0.45.
StateDict FitTinyEncoder(const at::Tensor& pictures,
                         const AutoencoderTinyEncoder::Options& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_TINY_ENCODER_FIT_H_
