// Which timestep labels a scheduler chooses for a number of steps.

#ifndef STROBE_MODEL_SAMPLING_TIMESTEP_SPACING_H_
#define STROBE_MODEL_SAMPLING_TIMESTEP_SPACING_H_

#include <vector>

namespace strobe::model {

enum class TimestepSpacing { kLinspace, kLeading, kTrailing };

struct SpacingOptions {
  TimestepSpacing spacing = TimestepSpacing::kLeading;
  int num_train_timesteps = 1000;
  int steps_offset = 0;  // of leading labels
  bool whole = true;     // labels are indices of the noise schedule
};

// `count` labels, descending, as `options.spacing` has them (Lin et al. 2023, table 2) with
// diffusers' rounding.
//
// With trailing spacing and some counts from 61 up, diffusers gives one label too many (-1) by
// float rounding; here there are always `count`.
std::vector<double> SpacedTimesteps(const SpacingOptions& options, int count);

// `count` labels, descending: evenly spaced ones of the `original_steps` of a distillation, which
// are at least `count`. For LCM and TCD.
std::vector<double> DistillationTimesteps(int num_train_timesteps, int original_steps, int count);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_TIMESTEP_SPACING_H_
