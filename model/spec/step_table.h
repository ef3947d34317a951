// The table that drives the sampler: one row a denoising step, whatever scheduler it came from.

#ifndef STROBE_MODEL_SPEC_STEP_TABLE_H_
#define STROBE_MODEL_SPEC_STEP_TABLE_H_

#include <vector>

namespace strobe::model {

// What the denoiser's output means, in diffusers' words. kFlow is the velocity eps - x0 of flow
// matching, kTrigFlow that of x = cos(t) * x0 + sin(t) * eps.
enum class PredictionType { kEpsilon, kSample, kVPrediction, kFlow, kTrigFlow };

// A level of the process x = alpha * x0 + sigma * eps. Diffusion keeps alpha^2 + sigma^2 = 1, flow
// matching alpha + sigma = 1.
struct NoiseLevel {
  double alpha = 1.0;
  double sigma = 0.0;
};

// One denoising step:
//   x_next = next.alpha * x0hat + next.sigma * (sqrt(1 - rho^2) * epshat + rho * z)
// with z fresh unit noise and x0hat, epshat from the denoiser's output at `level`.
struct StepRow {
  double timestep = 0.0;      // the label that the denoiser is conditioned on
  NoiseLevel level;           // turns the output into x0hat and epshat; the denoiser's idea of x
  NoiseLevel next;            // where x goes; {1, 0} is the clean image
  double rho = 0.0;           // share of fresh noise in the direction, 0..1
  double output_scale = 1.0;  // LCM's c_out on x0hat (1 elsewhere)
  double skip_scale = 0.0;    // LCM's c_skip on x (0 elsewhere)
};

// A whole sampling run. `rows` is in the order of execution and never empty.
struct StepTable {
  PredictionType prediction_type = PredictionType::kEpsilon;
  double initial_noise_scale = 1.0;  // x_T = initial_noise_scale * unit noise (Euler: < 1)
  double final_scale = 1.0;          // latents after the last step * this are decoded
  double noise_scale = 1.0;          // of z in every step (SCM: sigma_data)
  bool noise_correction = false;     // first step's direction uses the true start noise
  bool clip_sample = false;          // clamp x0hat to +-clip_sample_range
  double clip_sample_range = 1.0;
  std::vector<StepRow> rows;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_STEP_TABLE_H_
