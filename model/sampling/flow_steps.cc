#include "model/sampling/flow_steps.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

// The angle from which SCM starts, and the middle one of two steps (SANA-Sprint's defaults).
constexpr double kScmMaxAngle = 1.57080;
constexpr double kScmMiddleAngle = 1.3;

absl::Status CheckDescending(const std::vector<double>& values, int count, double max) {
  if (values.size() != static_cast<size_t>(count)) {
    return absl::InvalidArgumentError(
        absl::StrCat(values.size(), " noise levels were given for ", count, " steps"));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const bool in_range = values[i] > 0.0 && values[i] <= max;
    if (!in_range || (i > 0 && values[i] >= values[i - 1])) {
      return absl::InvalidArgumentError(absl::StrCat("noise levels must descend from ", max,
                                                     " and stay over 0, but ", values[i],
                                                     " is at place ", i));
    }
  }
  return absl::OkStatus();
}

double ShiftSigma(double sigma, double shift) { return shift * sigma / (1 + (shift - 1) * sigma); }

// Esser et al. 2024: the shift of a resolution, from diffusers' time_shift.
double DynamicShift(const SchedulerConfig& config, double mu, double sigma) {
  const double numerator = config.linear_time_shift ? mu : std::exp(mu);
  return numerator / (numerator + (1.0 / sigma - 1.0));
}

std::vector<double> OwnSigmas(const SchedulerConfig& config, int count) {
  const double shift = config.dynamic_shift ? 1.0 : config.flow_shift;
  const double low = ShiftSigma(1.0 / config.noise.num_train_timesteps, shift);
  std::vector<double> sigmas(count, 1.0);
  for (int i = 1; i < count; ++i) sigmas[i] = 1.0 + (low - 1.0) * i / (count - 1);
  return sigmas;
}

absl::Status FillFlowMatchEuler(const SchedulerConfig& config, const FlowRun& run,
                                StepTable& table) {
  std::vector<double> sigmas = run.sigmas;
  if (sigmas.empty()) sigmas = OwnSigmas(config, run.num_inference_steps);
  if (absl::Status status = CheckDescending(sigmas, run.num_inference_steps, 1.0); !status.ok()) {
    return status;
  }
  if (config.dynamic_shift && !run.mu.has_value()) {
    return absl::InvalidArgumentError("use_dynamic_shifting needs the shift of a resolution");
  }
  for (double& sigma : sigmas) {
    sigma = config.dynamic_shift ? DynamicShift(config, *run.mu, sigma)
                                 : ShiftSigma(sigma, config.flow_shift);
  }
  if (config.shift_terminal > 0.0 && sigmas.back() < 1.0) {
    const double stretch = (1.0 - sigmas.back()) / (1.0 - config.shift_terminal);
    for (double& sigma : sigmas) sigma = 1.0 - (1.0 - sigma) / stretch;
  }
  for (size_t i = 0; i < sigmas.size(); ++i) {
    StepRow row;
    row.timestep = sigmas[i] * config.noise.num_train_timesteps;
    row.level = {1.0 - sigmas[i], sigmas[i]};
    if (i + 1 < sigmas.size()) row.next = {1.0 - sigmas[i + 1], sigmas[i + 1]};
    row.rho = config.stochastic_sampling ? 1.0 : 0.0;
    table.rows.push_back(row);
  }
  return absl::OkStatus();
}

std::vector<double> OwnAngles(int count) {
  if (count == 2) return {kScmMaxAngle, kScmMiddleAngle};
  std::vector<double> angles(count);
  for (int i = 0; i < count; ++i) angles[i] = kScmMaxAngle * (count - i) / count;
  return angles;
}

absl::Status FillScm(const SchedulerConfig& config, const FlowRun& run, StepTable& table) {
  std::vector<double> angles = run.timesteps;
  if (angles.empty()) angles = OwnAngles(run.num_inference_steps);
  if (absl::Status status = CheckDescending(angles, run.num_inference_steps, kScmMaxAngle);
      !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < angles.size(); ++i) {
    StepRow row;
    row.timestep = angles[i];
    row.level = {std::cos(angles[i]), std::sin(angles[i])};
    if (i + 1 < angles.size()) row.next = {std::cos(angles[i + 1]), std::sin(angles[i + 1])};
    row.rho = 1.0;
    table.rows.push_back(row);
  }
  table.initial_noise_scale = config.sigma_data;
  table.noise_scale = config.sigma_data;
  return absl::OkStatus();
}

}  // namespace

absl::Status FillFlowSteps(const SchedulerConfig& config, const FlowRun& run, StepTable& table) {
  return config.scheduler_class == SchedulerClass::kScm ? FillScm(config, run, table)
                                                        : FillFlowMatchEuler(config, run, table);
}

}  // namespace strobe::model
