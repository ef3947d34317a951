// Which timestep labels a scheduler chooses for a number of steps.

#ifndef STROBE_MODEL_SAMPLING_TIMESTEP_SPACING_H_
#define STROBE_MODEL_SAMPLING_TIMESTEP_SPACING_H_

#include <vector>

#include "model/sampling/scheduler_config.h"

namespace strobe::model {

// True when the labels of `scheduler_class` are whole numbers, indices of the noise schedule.
bool HasWholeTimesteps(SchedulerClass scheduler_class);

// True for LCM and TCD, which choose from the steps of their distillation.
bool ChoosesFromDistillationSteps(SchedulerClass scheduler_class);

// `count` labels, descending. The Euler classes and DDIM follow `timestep_spacing` (Lin et al.
// 2023, table 2) with diffusers' rounding. LCM and TCD take evenly spaced ones of the
// `original_inference_steps` of the distillation, at least `count`; spacing and offset have no
// effect there.
//
// With trailing spacing and some counts from 61 up, diffusers gives one label too many (-1) by
// float rounding; here there are always `count`.
std::vector<double> SchedulerTimesteps(const SchedulerConfig& config, int count);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_TIMESTEP_SPACING_H_
