// The config.json of diffusers' AutoencoderKL.

#ifndef STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_CONFIG_H_
#define STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_CONFIG_H_

#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/latent_statistics.h"

namespace strobe::model {

// The fields that change what its two halves compute.
struct AutoencoderKLConfig {
  int64_t latent_channels = 4;
  std::vector<int64_t> block_out_channels;  // from the largest picture to the smallest
  int64_t layers_per_block = 1;             // of the encoder; the decoder has one more
  int64_t norm_num_groups = 32;
  double scaling_factor = 0.18215;
  std::vector<double> latents_mean;  // one a channel; empty: 0
  std::vector<double> latents_std;   // one a channel; empty: 1
  bool use_quant_conv = true;
  bool use_post_quant_conv = true;
  bool mid_block_add_attention = true;

  // Missing keys get diffusers' defaults. INVALID_ARGUMENT names every option of the decoder whose
  // value strobe cannot run; those of the encoder alone are not looked at.
  static absl::StatusOr<AutoencoderKLConfig> FromJson(const nlohmann::json& config,
                                                      LatentStatistics statistics);
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_KL_AUTOENCODER_KL_CONFIG_H_
