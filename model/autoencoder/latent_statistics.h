// Whether the latents of a family are normalized by statistics.

#ifndef STROBE_MODEL_AUTOENCODER_LATENT_STATISTICS_H_
#define STROBE_MODEL_AUTOENCODER_LATENT_STATISTICS_H_

namespace strobe::model {

// What latents_mean and latents_std of an autoencoder's config mean, which the pipeline class alone
// says.
enum class LatentStatistics {
  kIgnored,  // nothing
  kApplied   // z = latents * latents_std / scaling_factor + latents_mean, where both are set
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_LATENT_STATISTICS_H_
