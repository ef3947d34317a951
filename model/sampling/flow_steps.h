// Step rows of flow matching, for transformer denoisers: FlowMatchEulerDiscrete and SCM.

#ifndef STROBE_MODEL_SAMPLING_FLOW_STEPS_H_
#define STROBE_MODEL_SAMPLING_FLOW_STEPS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "model/sampling/scheduler_config.h"
#include "model/spec/step_table.h"

namespace strobe::model {

struct FlowRun {
  int num_inference_steps = 1;
  std::vector<double> timesteps;  // SCM: angles in radians, descending; empty: the scheduler's own
  std::vector<double> sigmas;     // FlowMatchEuler: before the shift, descending; empty: its own
  std::optional<double> mu;       // FlowMatchEuler with dynamic shift: the resolution's shift
};

// Sets the rows, the start noise and the noise scale of `table`. INVALID_ARGUMENT: lists of another
// length than `num_inference_steps` or out of range, a dynamic shift without `mu`.
//
// FlowMatchEuler's sigmas are shifted twice where they are the scheduler's own, as in diffusers:
// its constructor has shifted the range they are drawn from. SCM keeps latents scaled by
// sigma_data.
absl::Status FillFlowSteps(const SchedulerConfig& config, const FlowRun& run, StepTable& table);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_FLOW_STEPS_H_
