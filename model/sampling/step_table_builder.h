// From a scheduler config to the step table of one run.

#ifndef STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_
#define STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/sampling/noise_schedule.h"
#include "model/sampling/scheduler_config.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// What one run asks of the builder.
struct StepTableRequest {
  int num_inference_steps = 1;
  std::vector<double> timesteps;  // explicit labels, descending; empty: the scheduler's own
  double eta = 0.0;  // share of fresh noise of DDIM and TCD, 0..1; others have no use for it
  bool noise_correction = false;  // has an effect only with more than one step
  std::vector<double> sigmas;     // FlowMatchEuler's explicit levels; empty: its own
  std::optional<double> mu;       // FlowMatchEuler's dynamic shift
};

// Turns requests into step tables: timestep_spacing chooses labels, diffusion_steps and flow_steps
// turn them into rows. Immutable, thread-safe.
class StepTableBuilder {
 public:
  // INVALID_ARGUMENT names the key of the noise schedule that is not supported.
  static absl::StatusOr<StepTableBuilder> Create(const SchedulerConfig& config);

  // INVALID_ARGUMENT says what of the request the scheduler cannot do: too many steps, labels that
  // do not descend, are out of range or not whole, eta out of range, epsilon prediction at zero
  // signal-to-noise ratio.
  absl::StatusOr<StepTable> Build(const StepTableRequest& request) const;

  const SchedulerConfig& config() const { return config_; }

 private:
  StepTableBuilder(const SchedulerConfig& config, NoiseSchedule schedule)
      : config_(config), schedule_(std::move(schedule)) {}

  absl::Status CheckRequest(const StepTableRequest& request) const;

  SchedulerConfig config_;
  NoiseSchedule schedule_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_
