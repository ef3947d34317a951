// From a scheduler config to the step table of one run.

#ifndef STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_
#define STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_

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
  double eta = 0.0;  // DDIM: share of the DDPM variance, 0..1; others have no use for it
  bool noise_correction = false;  // has an effect only with more than one step
};

// Turns requests into step tables. Each scheduler class is a way to choose labels and a rule that
// turns two neighbouring labels into a row; a further class adds those two. Immutable, thread-safe.
class StepTableBuilder {
 public:
  // INVALID_ARGUMENT names the key of the noise schedule that is not supported.
  static absl::StatusOr<StepTableBuilder> Create(const SchedulerConfig& config);

  // INVALID_ARGUMENT says what of the request the scheduler cannot do: too many steps, labels that
  // do not descend, are out of range or not whole, eta out of range, epsilon prediction at zero
  // signal-to-noise ratio.
  //
  // With trailing spacing and some counts from 61 up, diffusers gives one label too many (-1) by
  // float rounding; here there are always `num_inference_steps` labels.
  absl::StatusOr<StepTable> Build(const StepTableRequest& request) const;

  const SchedulerConfig& config() const { return config_; }

 private:
  StepTableBuilder(const SchedulerConfig& config, NoiseSchedule schedule)
      : config_(config), schedule_(std::move(schedule)) {}

  absl::Status CheckRequest(const StepTableRequest& request) const;
  std::vector<double> SpacedTimesteps(int count) const;
  std::vector<double> LcmTimesteps(int count) const;
  void AddEulerRows(const std::vector<double>& timesteps, StepTable& table) const;
  void AddDdimRows(const std::vector<double>& timesteps, const StepTableRequest& request,
                   StepTable& table) const;
  void AddLcmRows(const std::vector<double>& timesteps, StepTable& table) const;

  SchedulerConfig config_;
  NoiseSchedule schedule_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_STEP_TABLE_BUILDER_H_
