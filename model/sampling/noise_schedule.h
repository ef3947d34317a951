// The noise levels of a variance-preserving diffusion process, as diffusers' schedulers compute
// them.

#ifndef STROBE_MODEL_SAMPLING_NOISE_SCHEDULE_H_
#define STROBE_MODEL_SAMPLING_NOISE_SCHEDULE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// What determines the betas of a scheduler config.
struct NoiseScheduleConfig {
  int num_train_timesteps = 1000;
  double beta_start = 0.0001;
  double beta_end = 0.02;
  std::string beta_schedule = "linear";  // linear, scaled_linear or squaredcos_cap_v2
  bool rescale_betas_zero_snr = false;   // Lin et al. 2023, algorithm 1
};

// alphas_cumprod over the training timesteps. Betas and products are rounded to float32 where
// diffusers rounds them, so that levels agree with it to the last bits; everything after is double.
// Immutable and thread-safe.
class NoiseSchedule {
 public:
  // INVALID_ARGUMENT names the key that is out of range or not supported.
  static absl::StatusOr<NoiseSchedule> Create(const NoiseScheduleConfig& config);

  int num_train_timesteps() const { return static_cast<int>(alphas_cumprod_.size()); }

  // `timestep` in 0..num_train_timesteps-1.
  double AlphaCumprod(int timestep) const { return alphas_cumprod_[timestep]; }
  NoiseLevel Level(int timestep) const { return LevelOfAlphaCumprod(AlphaCumprod(timestep)); }

  // Variance-exploding sigma = sqrt((1 - abar) / abar). Between timesteps it is interpolated
  // linearly, outside of them it is held, as EulerDiscreteScheduler does.
  double Sigma(double timestep) const;

  // The Euler classes replace a terminal abar of 0 by 2^-24 (sigma 4096).
  void SetTerminalAlphaCumprod(double value) { alphas_cumprod_.back() = value; }

  // {sqrt(abar), sqrt(1 - abar)}
  static NoiseLevel LevelOfAlphaCumprod(double alpha_cumprod);

  // The variance-preserving level of a variance-exploding sigma: {1, sigma} / sqrt(sigma^2 + 1).
  static NoiseLevel LevelOfSigma(double sigma);

 private:
  explicit NoiseSchedule(std::vector<double> alphas_cumprod)
      : alphas_cumprod_(std::move(alphas_cumprod)) {}

  std::vector<double> alphas_cumprod_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_NOISE_SCHEDULE_H_
