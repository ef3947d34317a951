// From timestep labels to step rows, for the schedulers of diffusion models.

#ifndef STROBE_MODEL_SAMPLING_DIFFUSION_STEPS_H_
#define STROBE_MODEL_SAMPLING_DIFFUSION_STEPS_H_

#include <vector>

#include "model/sampling/noise_schedule.h"
#include "model/sampling/scheduler_config.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// What the rules need beside the config.
struct DiffusionRun {
  std::vector<double> timesteps;  // descending; whole numbers where HasWholeTimesteps says so
  bool explicit_timesteps = false;
  double eta = 0.0;  // DDIM's and TCD's share of fresh noise, 0..1
};

// Sets the rows, the start noise and the clipping of `table` as the step function of diffusers'
// `config.scheduler_class` has them; not for flow matching.
void FillDiffusionSteps(const SchedulerConfig& config, const NoiseSchedule& schedule,
                        const DiffusionRun& run, StepTable& table);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_DIFFUSION_STEPS_H_
