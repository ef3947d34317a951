// What one denoising step does to one value.

#ifndef STROBE_MODEL_ARITHMETIC_STEP_ARITHMETIC_H_
#define STROBE_MODEL_ARITHMETIC_STEP_ARITHMETIC_H_

#include "model/arithmetic/host_device.h"

namespace strobe::model {

// A row's step rule (see few_step_sampler.h) as the factors of its terms.
struct StepCoefficients {
  float x0_from_x = 0.0f;  // x0hat = x0_from_x * x + x0_from_output * output
  float x0_from_output = 0.0f;
  float eps_from_x = 0.0f;  // epshat, in the same way
  float eps_from_output = 0.0f;
  float clip_range = 0.0f;  // of x0hat; infinite: not clipped
  float output_scale = 1.0f;
  float skip_scale = 0.0f;
  float next_alpha = 1.0f;
  float direction = 0.0f;         // of epshat, or of the start noise
  float fresh = 0.0f;             // of the fresh noise
  bool noise_correction = false;  // the direction is the start noise
};

struct StepValue {
  float denoised = 0.0f;
  float next = 0.0f;
};

// `start_noise` counts with noise correction only, `fresh_noise` where its factor is not 0. No
// product may be contracted with a sum, or the bits differ from those of the tensor operations.
STROBE_HOST_DEVICE inline StepValue TakeStep(const StepCoefficients& c, float output, float x,
                                             float start_noise, float fresh_noise) {
  float denoised = x * c.x0_from_x + output * c.x0_from_output;
  if (denoised > c.clip_range) denoised = c.clip_range;
  if (denoised < -c.clip_range) denoised = -c.clip_range;
  denoised *= c.output_scale;
  if (c.skip_scale != 0.0f) denoised += x * c.skip_scale;
  float next = denoised * c.next_alpha;
  if (c.direction != 0.0f) {
    const float direction =
        c.noise_correction ? start_noise : x * c.eps_from_x + output * c.eps_from_output;
    next += direction * c.direction;
  }
  if (c.fresh != 0.0f) next += fresh_noise * c.fresh;
  return {denoised, next};
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_ARITHMETIC_STEP_ARITHMETIC_H_
