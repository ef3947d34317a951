#include "model/sampling/schedulers/ddim_scheduler.h"

#include <cmath>

namespace strobe::model {

DdimScheduler::DdimScheduler(JsonReader& reader) : DiffusionScheduler(reader, {}) {
  clipping_.Read(reader);
  set_alpha_to_one_ = reader.GetBool("set_alpha_to_one", set_alpha_to_one_);
}

void DdimScheduler::AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
                            StepTable& table) const {
  const int count = static_cast<int>(run.timesteps.size());
  const int stride = schedule.num_train_timesteps() / count;
  const double final_abar = set_alpha_to_one_ ? 1.0 : schedule.AlphaCumprod(0);
  for (int i = 0; i < count; ++i) {
    const int now = static_cast<int>(run.timesteps[i]);
    int destination = now - stride;
    if (run.explicit_timesteps) {
      destination = i + 1 < count ? static_cast<int>(run.timesteps[i + 1]) : -1;
    }
    const double abar = schedule.AlphaCumprod(now);
    const double next_abar = destination >= 0 ? schedule.AlphaCumprod(destination) : final_abar;
    StepRow row;
    row.timestep = run.timesteps[i];
    row.level = NoiseSchedule::LevelOfAlphaCumprod(abar);
    row.next = NoiseSchedule::LevelOfAlphaCumprod(next_abar);
    // sigma_t(eta)^2 / (1 - abar_next)
    row.rho = run.eta * std::sqrt((1.0 - abar / next_abar) / (1.0 - abar));
    table.rows.push_back(row);
  }
  clipping_.Apply(table);
}

}  // namespace strobe::model
