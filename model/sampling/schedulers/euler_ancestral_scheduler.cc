#include "model/sampling/schedulers/euler_ancestral_scheduler.h"

namespace strobe::model {

EulerAncestralScheduler::EulerAncestralScheduler(JsonReader& reader)
    : DiffusionScheduler(reader, {.timestep_spacing = TimestepSpacing::kLinspace}) {
  // diffusers has no rule for it either.
  if (prediction_type() == PredictionType::kSample) {
    reader.RequireOneOf("prediction_type", {"epsilon", "v_prediction"});
  }
  options_.ancestral = true;
  options_.scaled_start = timestep_spacing_ != TimestepSpacing::kLeading;
}

absl::Status EulerAncestralScheduler::Adjust(NoiseSchedule& schedule) const {
  ReplaceZeroTerminalSnr(noise(), schedule);
  return absl::OkStatus();
}

void EulerAncestralScheduler::AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
                                      StepTable& table) const {
  AddEulerRows(options_, schedule, run.timesteps, table);
}

}  // namespace strobe::model
