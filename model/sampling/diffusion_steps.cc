#include "model/sampling/diffusion_steps.h"

#include <algorithm>
#include <cmath>

namespace strobe::model {
namespace {

constexpr double kLcmSigmaData = 0.5;

// Variance-exploding noise levels of the steps, and where the last one leads.
std::vector<double> EulerSigmas(const SchedulerConfig& config, const NoiseSchedule& schedule,
                                const std::vector<double>& timesteps) {
  const int count = static_cast<int>(timesteps.size());
  std::vector<double> sigmas(count + 1, config.final_sigma_is_min ? schedule.Sigma(0) : 0.0);
  for (int i = 0; i < count; ++i) sigmas[i] = schedule.Sigma(timesteps[i]);
  if (config.log_linear_interpolation) {
    const double high = std::log(schedule.Sigma(schedule.num_train_timesteps() - 1));
    const double low = std::log(schedule.Sigma(0));
    for (int i = 0; i <= count; ++i) sigmas[i] = std::exp(high + (low - high) * i / count);
  }
  return sigmas;
}

// x_ve = x / alpha moves along (x_ve - x0) / sigma, which is DDIM with eta 0 on x; the ancestral
// variant replaces as much of the noise as DDIM with eta 1. Noise starts at the largest sigma,
// without the clean image's share for trailing and linspace spacing.
void AddEulerRows(const SchedulerConfig& config, const NoiseSchedule& schedule,
                  const DiffusionRun& run, StepTable& table) {
  const std::vector<double> sigmas = EulerSigmas(config, schedule, run.timesteps);
  const bool ancestral = config.scheduler_class == SchedulerClass::kEulerAncestral;
  for (size_t i = 0; i < run.timesteps.size(); ++i) {
    StepRow row;
    row.timestep = run.timesteps[i];
    row.level = NoiseSchedule::LevelOfSigma(sigmas[i]);
    row.next = NoiseSchedule::LevelOfSigma(sigmas[i + 1]);
    const double ratio = sigmas[i + 1] / sigmas[i];
    if (ancestral) row.rho = std::sqrt(std::max(0.0, 1.0 - ratio * ratio));
    table.rows.push_back(row);
  }
  const bool scaled = config.timestep_spacing != TimestepSpacing::kLeading;
  table.initial_noise_scale = scaled ? table.rows.front().level.sigma : 1.0;
  // Where noise is left, diffusers decodes x_ve.
  table.final_scale = 1.0 / table.rows.back().next.alpha;
}

// Song et al. 2021, equations 12 and 16. diffusers' destination is t - N/n in whole numbers, which
// is not always the next label; between explicit labels it is the next label.
void AddDdimRows(const SchedulerConfig& config, const NoiseSchedule& schedule,
                 const DiffusionRun& run, StepTable& table) {
  const int count = static_cast<int>(run.timesteps.size());
  const int stride = schedule.num_train_timesteps() / count;
  const double final_abar = config.set_alpha_to_one ? 1.0 : schedule.AlphaCumprod(0);
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
  table.clip_sample = config.clip_sample;
}

// Luo et al. 2023: predict x0, apply the boundary condition, noise it again to the next label.
// NitroFusion shows the denoiser a smaller label than the noise level it re-noises to.
void AddLcmRows(const SchedulerConfig& config, const NoiseSchedule& schedule,
                const DiffusionRun& run, StepTable& table) {
  const int count = static_cast<int>(run.timesteps.size());
  const double shift = config.shifted_timestep > 0.0
                           ? config.shifted_timestep / schedule.num_train_timesteps()
                           : 1.0;
  for (int i = 0; i < count; ++i) {
    StepRow row;
    row.timestep = std::floor(run.timesteps[i] * shift);
    const double scaled = row.timestep * config.timestep_scaling;
    const double square = scaled * scaled + kLcmSigmaData * kLcmSigmaData;
    row.level = schedule.Level(static_cast<int>(row.timestep));
    if (i + 1 < count) row.next = schedule.Level(static_cast<int>(run.timesteps[i + 1]));
    row.rho = 1.0;
    row.output_scale = scaled / std::sqrt(square);
    row.skip_scale = kLcmSigmaData * kLcmSigmaData / square;
    table.rows.push_back(row);
  }
  table.clip_sample = config.clip_sample;
}

// Zheng et al. 2024, "Trajectory Consistency Distillation": jump to s = (1 - eta) * next, then
// noise up to next. The last step ends at level 0 of the schedule, which is not quite clean.
void AddTcdRows(const NoiseSchedule& schedule, const DiffusionRun& run, StepTable& table) {
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

}  // namespace

void FillDiffusionSteps(const SchedulerConfig& config, const NoiseSchedule& schedule,
                        const DiffusionRun& run, StepTable& table) {
  switch (config.scheduler_class) {
    case SchedulerClass::kEulerDiscrete:
    case SchedulerClass::kEulerAncestral:
      return AddEulerRows(config, schedule, run, table);
    case SchedulerClass::kDdim:
      return AddDdimRows(config, schedule, run, table);
    case SchedulerClass::kLcm:
      return AddLcmRows(config, schedule, run, table);
    case SchedulerClass::kTcd:
      return AddTcdRows(schedule, run, table);
    case SchedulerClass::kFlowMatchEuler:
    case SchedulerClass::kScm:
      return;
  }
}

}  // namespace strobe::model
