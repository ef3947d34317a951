// The one step rule that serves every student, on a batch whose rows may be at different steps.

#ifndef STROBE_MODEL_SAMPLING_FEW_STEP_SAMPLER_H_
#define STROBE_MODEL_SAMPLING_FEW_STEP_SAMPLER_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "model/arithmetic/step_arithmetic.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// What one row of a batch does at one step.
struct StepRule {
  PredictionType prediction_type = PredictionType::kEpsilon;
  StepRow row;
  double noise_scale = 1.0;       // of fresh noise
  bool noise_correction = false;  // the direction is the true start noise
  bool clip_sample = false;
  double clip_sample_range = 1.0;

  // True when the rule uses fresh noise; otherwise `z` of its row is not looked at.
  bool DrawsNoise() const { return row.next.sigma * row.rho > 0.0; }
};

// The rule of step `index` of `table`: noise correction holds for the first of several steps only.
StepRule RuleOfStep(const StepTable& table, int index);

struct StepResult {
  at::Tensor denoised;  // x0hat after clipping and the boundary condition
  at::Tensor latents;   // where the step leads
  at::Tensor noise;     // the fresh noise, in the rows that use any; undefined: none does
};

// All tensors float32 [B, C, h, w] on one device, latents in the variance-preserving convention
// (x = alpha x0 + sigma eps), one rule for each row:
//   x0hat, epshat from `model_output` at rule.row.level; x0hat clipped;
//   denoised = output_scale * x0hat + skip_scale * x
//   latents = next.alpha * denoised + next.sigma * (sqrt(1 - rho^2) * epshat + rho * noise_scale *
//   z)
// With noise correction (Kohler et al. 2024, "Imagine Flash", section 3.3) `initial_noise` takes
// the place of epshat in the last line. `initial_noise` and `z` may be undefined when no rule uses
// them.
StepResult ApplyStep(const at::Tensor& model_output, const at::Tensor& latents,
                     absl::Span<const StepRule> rules, const at::Tensor& initial_noise,
                     const at::Tensor& z);

// Where the fresh noise of one row comes from.
struct NoiseSource {
  uint64_t seed = 0;
  uint64_t stream = 0;
  at::Tensor given;  // float32 [C, h, w]; undefined: drawn from the seed's stream
};

// ApplyStep with the noise of `sources`, one for each row, where its rule draws any. Without
// gradients: on a CUDA device one kernel draws the noise and takes the step.
StepResult DrawAndApplyStep(const at::Tensor& model_output, const at::Tensor& latents,
                            absl::Span<const StepRule> rules, const at::Tensor& initial_noise,
                            absl::Span<const NoiseSource> sources);

// The rule as the factors of its terms.
StepCoefficients CoefficientsOf(const StepRule& rule);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_FEW_STEP_SAMPLER_H_
