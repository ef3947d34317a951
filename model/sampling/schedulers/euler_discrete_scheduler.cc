#include "model/sampling/schedulers/euler_discrete_scheduler.h"

namespace strobe::model {

EulerDiscreteScheduler::EulerDiscreteScheduler(JsonReader& reader)
    : DiffusionScheduler(reader, {.timestep_spacing = TimestepSpacing::kLinspace}) {
  reader.RequireOneOf("use_karras_sigmas", {false});
  reader.RequireOneOf("use_exponential_sigmas", {false});
  reader.RequireOneOf("use_beta_sigmas", {false});
  reader.RequireOneOf("timestep_type", {"discrete"});
  options_.log_linear_interpolation =
      reader.GetChoice<bool>("interpolation_type", {{"linear", false}, {"log_linear", true}},
                             options_.log_linear_interpolation);
  options_.final_sigma_is_min = reader.GetChoice<bool>(
      "final_sigmas_type", {{"zero", false}, {"sigma_min", true}}, options_.final_sigma_is_min);
  options_.scaled_start = timestep_spacing_ != TimestepSpacing::kLeading;
}

absl::Status EulerDiscreteScheduler::Adjust(NoiseSchedule& schedule) const {
  ReplaceZeroTerminalSnr(noise(), schedule);
  return absl::OkStatus();
}

void EulerDiscreteScheduler::AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
                                     StepTable& table) const {
  AddEulerRows(options_, schedule, run.timesteps, table);
}

}  // namespace strobe::model
