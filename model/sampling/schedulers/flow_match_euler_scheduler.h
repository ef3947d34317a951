// FlowMatchEulerDiscreteScheduler, for transformer denoisers.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_FLOW_MATCH_EULER_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_FLOW_MATCH_EULER_SCHEDULER_H_

#include <vector>

#include "model/sampling/schedulers/scheduler.h"

namespace strobe::model {

// The request gives `sigmas`, the levels before the shift, or none: then they are shifted twice, as
// in diffusers, whose constructor has shifted the range they are drawn from. A dynamic shift needs
// the `mu` of the resolution. `timesteps` have no effect.
class FlowMatchEulerScheduler final : public Scheduler {
 public:
  explicit FlowMatchEulerScheduler(JsonReader& reader);

  bool is_flow() const override { return true; }
  absl::Status Fill(const NoiseSchedule& schedule, const StepTableRequest& request,
                    StepTable& table) const override;

 private:
  std::vector<double> OwnSigmas(int count) const;
  double DynamicShift(double mu, double sigma) const;

  double shift_ = 1.0;
  bool dynamic_shift_ = false;      // use_dynamic_shifting
  bool linear_time_shift_ = false;  // time_shift_type
  double shift_terminal_ = 0.0;     // 0: none
  bool stochastic_sampling_ = false;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_FLOW_MATCH_EULER_SCHEDULER_H_
