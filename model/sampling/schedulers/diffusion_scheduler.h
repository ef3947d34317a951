// What the schedulers of diffusion models have in common: betas, and labels by spacing.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_DIFFUSION_SCHEDULER_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_DIFFUSION_SCHEDULER_H_

#include <vector>

#include "absl/status/status.h"
#include "model/sampling/schedulers/scheduler.h"
#include "model/sampling/timestep_spacing.h"

namespace strobe::model {

// The labels of a run, and what else the rules of diffusion schedulers need.
struct DiffusionRun {
  std::vector<double> timesteps;    // descending; whole numbers where the class needs them
  bool explicit_timesteps = false;  // the caller's, not the scheduler's own
  double eta = 0.0;                 // DDIM's and TCD's share of fresh noise, 0..1
};

class DiffusionScheduler : public Scheduler {
 public:
  // Checks and chooses the labels, then AddRows.
  absl::Status Fill(const NoiseSchedule& schedule, const StepTableRequest& request,
                    StepTable& table) const final;

 protected:
  // The defaults of a class' constructor where they differ between classes.
  struct Defaults {
    double beta_start = 0.0001;
    double beta_end = 0.02;
    const char* beta_schedule = "linear";
    TimestepSpacing timestep_spacing = TimestepSpacing::kLeading;
  };

  DiffusionScheduler(JsonReader& reader, const Defaults& defaults);

  // Whether labels are indices of the noise schedule.
  virtual bool has_whole_timesteps() const = 0;
  // `count` labels, descending.
  virtual std::vector<double> OwnTimesteps(int count) const;
  // Appends a row for each label, as the class' step function has them.
  virtual void AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
                       StepTable& table) const = 0;

  TimestepSpacing timestep_spacing_;
  int steps_offset_ = 0;
};

// diffusers' clip_sample, read by DDIM and LCM.
struct SampleClipping {
  void Read(JsonReader& reader);
  void Apply(StepTable& table) const;

  bool enabled = false;
  double range = 1.0;
};

// INVALID_ARGUMENT when a distillation had more steps than there are timesteps.
absl::Status CheckOriginalSteps(int original_inference_steps, const NoiseScheduleConfig& noise);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_DIFFUSION_SCHEDULER_H_
