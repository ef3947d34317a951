#include "model/sampling/schedulers/tcd_scheduler.h"

#include <algorithm>
#include <cmath>

namespace strobe::model {

TcdScheduler::TcdScheduler(JsonReader& reader)
    : DiffusionScheduler(
          reader, {.beta_start = 0.00085, .beta_end = 0.012, .beta_schedule = "scaled_linear"}) {
  original_inference_steps_ = static_cast<int>(
      reader.GetInt("original_inference_steps", original_inference_steps_, {1, kLargestInteger}));
}

absl::Status TcdScheduler::Adjust(NoiseSchedule& /*schedule*/) const {
  return CheckOriginalSteps(original_inference_steps_, noise());
}

std::vector<double> TcdScheduler::OwnTimesteps(int count) const {
  return DistillationTimesteps(noise().num_train_timesteps, original_inference_steps_, count);
}

void TcdScheduler::AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
                           StepTable& table) const {
  const int count = static_cast<int>(run.timesteps.size());
  for (int i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const int next = last ? 0 : static_cast<int>(run.timesteps[i + 1]);
    // In float32, as diffusers computes it.
    const int jump =
        static_cast<int>(std::floor(static_cast<float>(1.0 - run.eta) * static_cast<float>(next)));
    const double next_abar = schedule.AlphaCumprod(next);
    const double fresh = 1.0 - next_abar / schedule.AlphaCumprod(jump);
    StepRow row;
    row.timestep = run.timesteps[i];
    row.level = schedule.Level(static_cast<int>(run.timesteps[i]));
    row.next = schedule.Level(next);
    if (!last) row.rho = std::sqrt(std::max(0.0, fresh / (1.0 - next_abar)));
    table.rows.push_back(row);
  }
}

}  // namespace strobe::model
