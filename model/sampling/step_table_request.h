// What one run asks of a scheduler.

#ifndef STROBE_MODEL_SAMPLING_STEP_TABLE_REQUEST_H_
#define STROBE_MODEL_SAMPLING_STEP_TABLE_REQUEST_H_

#include <optional>
#include <vector>

namespace strobe::model {

struct StepTableRequest {
  int num_inference_steps = 1;
  std::vector<double> timesteps;  // explicit labels, descending; empty: the scheduler's own
  double eta = 0.0;  // share of fresh noise of DDIM and TCD, 0..1; others have no use for it
  bool noise_correction = false;  // has an effect only with more than one step
  std::vector<double> sigmas;     // FlowMatchEuler's explicit levels; empty: its own
  std::optional<double> mu;       // FlowMatchEuler's dynamic shift: the family knows it by the size
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_STEP_TABLE_REQUEST_H_
