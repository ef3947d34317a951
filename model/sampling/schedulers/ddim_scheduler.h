// DDIMScheduler (Song et al. 2021).

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_DDIM_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_DDIM_SCHEDULER_H_

#include "model/sampling/schedulers/diffusion_scheduler.h"

namespace strobe::model {

// Equations 12 and 16. diffusers' destination is t - N/n in whole numbers, which is not always the
// next label; between explicit labels it is the next label.
class DdimScheduler final : public DiffusionScheduler {
 public:
  explicit DdimScheduler(JsonReader& reader);

 private:
  bool has_whole_timesteps() const override { return true; }
  void AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
               StepTable& table) const override;

  SampleClipping clipping_{.enabled = true};
  bool set_alpha_to_one_ = true;  // the last step ends at abar 1, else at abar_0
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_DDIM_SCHEDULER_H_
