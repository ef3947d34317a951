// The step rows of Euler's method, with and without fresh noise.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_ROWS_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_ROWS_H_

#include <vector>

#include "model/sampling/noise_schedule.h"
#include "model/spec/step_table.h"

namespace strobe::model {

struct EulerOptions {
  bool ancestral = false;                 // draws fresh noise
  bool log_linear_interpolation = false;  // interpolation_type
  bool final_sigma_is_min = false;        // final_sigmas_type "sigma_min"
  bool scaled_start = true;               // noise starts without the clean image's share
};

// diffusers' Euler classes put a level in the place of a terminal abar of 0.
void ReplaceZeroTerminalSnr(const NoiseScheduleConfig& noise, NoiseSchedule& schedule);

// x_ve = x / alpha moves along (x_ve - x0) / sigma, which is DDIM with eta 0 on x; the ancestral
// variant replaces as much of the noise as DDIM with eta 1. Sets the scale of the start noise, and
// of the result where noise is left at the end: diffusers decodes x_ve.
void AddEulerRows(const EulerOptions& options, const NoiseSchedule& schedule,
                  const std::vector<double>& timesteps, StepTable& table);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_ROWS_H_
