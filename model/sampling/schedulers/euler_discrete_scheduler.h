// EulerDiscreteScheduler: Euler's method on the probability flow (Karras et al. 2022).

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_DISCRETE_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_DISCRETE_SCHEDULER_H_

#include "model/sampling/schedulers/diffusion_scheduler.h"
#include "model/sampling/schedulers/euler_rows.h"

namespace strobe::model {

class EulerDiscreteScheduler final : public DiffusionScheduler {
 public:
  explicit EulerDiscreteScheduler(JsonReader& reader);

  absl::Status Adjust(NoiseSchedule& schedule) const override;

 private:
  bool has_whole_timesteps() const override { return false; }
  void AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
               StepTable& table) const override;

  EulerOptions options_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_DISCRETE_SCHEDULER_H_
