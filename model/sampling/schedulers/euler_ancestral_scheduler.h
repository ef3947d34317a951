// EulerAncestralDiscreteScheduler: Euler's method that replaces part of the noise at each step.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_ANCESTRAL_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_ANCESTRAL_SCHEDULER_H_

#include "model/sampling/schedulers/diffusion_scheduler.h"
#include "model/sampling/schedulers/euler_rows.h"

namespace strobe::model {

class EulerAncestralScheduler final : public DiffusionScheduler {
 public:
  explicit EulerAncestralScheduler(JsonReader& reader);

  absl::Status Adjust(NoiseSchedule& schedule) const override;

 private:
  bool has_whole_timesteps() const override { return false; }
  void AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
               StepTable& table) const override;

  EulerOptions options_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_EULER_ANCESTRAL_SCHEDULER_H_
