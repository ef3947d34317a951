// SCMScheduler of SANA-Sprint, for transformer denoisers.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_SCM_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_SCM_SCHEDULER_H_

#include "model/sampling/schedulers/scheduler.h"

namespace strobe::model {

// The request's `timesteps` are angles in radians, descending; empty: the scheduler's own. Latents
// are scaled by sigma_data.
class ScmScheduler final : public Scheduler {
 public:
  explicit ScmScheduler(JsonReader& reader);

  bool is_flow() const override { return true; }
  absl::Status Fill(const NoiseSchedule& schedule, const StepTableRequest& request,
                    StepTable& table) const override;

 private:
  double sigma_data_ = 0.5;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_SCM_SCHEDULER_H_
