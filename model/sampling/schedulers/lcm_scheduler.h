// LCMScheduler (Luo et al. 2023), and NitroFusion's TimestepShiftLCMScheduler.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_LCM_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_LCM_SCHEDULER_H_

#include "model/sampling/schedulers/diffusion_scheduler.h"

namespace strobe::model {

// Predicts x0, applies the boundary condition and noises it again to the next label. NitroFusion
// shows the denoiser a smaller label than the noise level it noises to. Spacing and offset have no
// effect: its labels are those of its distillation.
class LcmScheduler final : public DiffusionScheduler {
 public:
  explicit LcmScheduler(JsonReader& reader);

  int max_own_steps() const override { return original_inference_steps_; }
  absl::Status Adjust(NoiseSchedule& schedule) const override;

 private:
  bool has_whole_timesteps() const override { return true; }
  std::vector<double> OwnTimesteps(int count) const override;
  void AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
               StepTable& table) const override;

  SampleClipping clipping_;
  int original_inference_steps_ = 50;
  double timestep_scaling_ = 10.0;
  double shifted_timestep_ = 0.0;  // NitroFusion; 0: labels are noise levels
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_LCM_SCHEDULER_H_
