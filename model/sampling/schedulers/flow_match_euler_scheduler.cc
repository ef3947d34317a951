#include "model/sampling/schedulers/flow_match_euler_scheduler.h"

#include <cmath>

#include "base/status_macros.h"
#include "model/sampling/schedulers/flow_levels.h"

namespace strobe::model {
namespace {

double ShiftSigma(double sigma, double shift) { return shift * sigma / (1 + (shift - 1) * sigma); }

}  // namespace

FlowMatchEulerScheduler::FlowMatchEulerScheduler(JsonReader& reader) {
  prediction_type_ = PredictionType::kFlow;
  reader.RequireOneOf("use_karras_sigmas", {false});
  reader.RequireOneOf("use_exponential_sigmas", {false});
  reader.RequireOneOf("use_beta_sigmas", {false});
  reader.RequireOneOf("invert_sigmas", {false});
  noise_.num_train_timesteps = static_cast<int>(
      reader.GetInt("num_train_timesteps", noise_.num_train_timesteps, {2, kLargestInteger}));
  shift_ = reader.GetDouble("shift", shift_);
  dynamic_shift_ = reader.GetBool("use_dynamic_shifting", dynamic_shift_);
  linear_time_shift_ = reader.GetChoice<bool>(
      "time_shift_type", {{"exponential", false}, {"linear", true}}, linear_time_shift_);
  shift_terminal_ = reader.GetDouble("shift_terminal", shift_terminal_);
  stochastic_sampling_ = reader.GetBool("stochastic_sampling", stochastic_sampling_);
}

// Esser et al. 2024: the shift of a resolution, from diffusers' time_shift.
double FlowMatchEulerScheduler::DynamicShift(double mu, double sigma) const {
  const double numerator = linear_time_shift_ ? mu : std::exp(mu);
  return numerator / (numerator + (1.0 / sigma - 1.0));
}

std::vector<double> FlowMatchEulerScheduler::OwnSigmas(int count) const {
  const double shift = dynamic_shift_ ? 1.0 : shift_;
  const double low = ShiftSigma(1.0 / noise().num_train_timesteps, shift);
  std::vector<double> sigmas(count, 1.0);
  for (int i = 1; i < count; ++i) sigmas[i] = 1.0 + (low - 1.0) * i / (count - 1);
  return sigmas;
}

absl::Status FlowMatchEulerScheduler::Fill(const NoiseSchedule& /*schedule*/,
                                           const StepTableRequest& request,
                                           StepTable& table) const {
  std::vector<double> sigmas = request.sigmas;
  if (sigmas.empty()) sigmas = OwnSigmas(request.num_inference_steps);
  STROBE_RETURN_IF_ERROR(CheckDescendingLevels(sigmas, request.num_inference_steps, 1.0));
  if (dynamic_shift_ && !request.mu.has_value()) {
    return absl::InvalidArgumentError("use_dynamic_shifting needs the shift of a resolution");
  }
  for (double& sigma : sigmas) {
    sigma = dynamic_shift_ ? DynamicShift(*request.mu, sigma) : ShiftSigma(sigma, shift_);
  }
  if (shift_terminal_ > 0.0 && sigmas.back() < 1.0) {
    const double stretch = (1.0 - sigmas.back()) / (1.0 - shift_terminal_);
    for (double& sigma : sigmas) sigma = 1.0 - (1.0 - sigma) / stretch;
  }
  for (size_t i = 0; i < sigmas.size(); ++i) {
    StepRow row;
    row.timestep = sigmas[i] * noise().num_train_timesteps;
    row.level = {1.0 - sigmas[i], sigmas[i]};
    if (i + 1 < sigmas.size()) row.next = {1.0 - sigmas[i + 1], sigmas[i + 1]};
    row.rho = stochastic_sampling_ ? 1.0 : 0.0;
    table.rows.push_back(row);
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
