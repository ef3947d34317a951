// TCDScheduler (Zheng et al. 2024, "Trajectory Consistency Distillation").

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_TCD_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_TCD_SCHEDULER_H_

#include "model/sampling/schedulers/diffusion_scheduler.h"

namespace strobe::model {

// Jumps to s = (1 - eta) * next, then noises up to next. The last step ends at level 0 of the
// schedule, which is not quite clean. Spacing and offset have no effect: its labels are those of
// its distillation. Its step neither clips nor thresholds, whatever the config says.
class TcdScheduler final : public DiffusionScheduler {
 public:
  explicit TcdScheduler(JsonReader& reader);

  int max_own_steps() const override { return original_inference_steps_; }
  absl::Status Adjust(NoiseSchedule& schedule) const override;

 private:
  bool has_whole_timesteps() const override { return true; }
  std::vector<double> OwnTimesteps(int count) const override;
  void AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
               StepTable& table) const override;

  int original_inference_steps_ = 50;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_TCD_SCHEDULER_H_
