// A denoiser small enough for tests of losses.

#ifndef STROBE_TESTS_MODEL_TRAINING_TINY_NETWORKS_H_
#define STROBE_TESTS_MODEL_TRAINING_TINY_NETWORKS_H_

#include "model/training/networks/trained_model.h"
#include "model/training/stages/network_configs.h"

namespace strobe::model {

// Latents of 4 channels, text of width 16.
inline NetworkRecipe TinyNetworks() {
  NetworkRecipe network;
  network.latent_channels = 4;
  network.autoencoder_width = 16;
  network.decoder_blocks = {0, 0, 0, 0};
  network.text_width = 16;
  network.text_layers = 1;
  network.text_heads = 2;
  network.text_positions = 6;
  network.unet_channels = {16, 16};
  network.unet_heads = {1, 1};
  network.unet_norm_groups = 4;
  return network;
}

inline std::unique_ptr<UNet2DConditionModel> TinyUnet(uint64_t seed, ParameterSet& weights) {
  return *BuildUnet(UnetConfigJson(TinyNetworks(), 32), seed, weights);
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_TRAINING_TINY_NETWORKS_H_
