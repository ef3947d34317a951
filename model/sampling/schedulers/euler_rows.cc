#include "model/sampling/schedulers/euler_rows.h"

#include <algorithm>
#include <cmath>

namespace strobe::model {
namespace {

// What the Euler classes put in the place of a terminal abar of 0.
constexpr double kTerminalAlphaCumprod = 1.0 / (1 << 24);

// Variance-exploding noise levels of the steps, and where the last one leads.
std::vector<double> Sigmas(const EulerOptions& options, const NoiseSchedule& schedule,
                           const std::vector<double>& timesteps) {
  const int count = static_cast<int>(timesteps.size());
  std::vector<double> sigmas(count + 1, options.final_sigma_is_min ? schedule.Sigma(0) : 0.0);
  for (int i = 0; i < count; ++i) sigmas[i] = schedule.Sigma(timesteps[i]);
  if (options.log_linear_interpolation) {
    const double high = std::log(schedule.Sigma(schedule.num_train_timesteps() - 1));
    const double low = std::log(schedule.Sigma(0));
    for (int i = 0; i <= count; ++i) sigmas[i] = std::exp(high + (low - high) * i / count);
  }
  return sigmas;
}

}  // namespace

void ReplaceZeroTerminalSnr(const NoiseScheduleConfig& noise, NoiseSchedule& schedule) {
  if (noise.rescale_betas_zero_snr) schedule.SetTerminalAlphaCumprod(kTerminalAlphaCumprod);
}

void AddEulerRows(const EulerOptions& options, const NoiseSchedule& schedule,
                  const std::vector<double>& timesteps, StepTable& table) {
  const std::vector<double> sigmas = Sigmas(options, schedule, timesteps);
  for (size_t i = 0; i < timesteps.size(); ++i) {
    StepRow row;
    row.timestep = timesteps[i];
    row.level = NoiseSchedule::LevelOfSigma(sigmas[i]);
    row.next = NoiseSchedule::LevelOfSigma(sigmas[i + 1]);
    const double ratio = sigmas[i + 1] / sigmas[i];
    if (options.ancestral) row.rho = std::sqrt(std::max(0.0, 1.0 - ratio * ratio));
    table.rows.push_back(row);
  }
  table.initial_noise_scale = options.scaled_start ? table.rows.front().level.sigma : 1.0;
  table.final_scale = 1.0 / table.rows.back().next.alpha;
}

}  // namespace strobe::model
