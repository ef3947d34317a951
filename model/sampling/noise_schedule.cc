#include "model/sampling/noise_schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

constexpr int kMaxTrainTimesteps = 100000;

// torch.linspace in float32: counted from the nearer end.
std::vector<float> Linspace(double start, double end, int count) {
  const float first = static_cast<float>(start);
  const float last = static_cast<float>(end);
  const float step = count > 1 ? (last - first) / static_cast<float>(count - 1) : 0.0f;
  std::vector<float> values(count);
  for (int i = 0; i < count; ++i) {
    values[i] = i < count / 2 ? first + step * static_cast<float>(i)
                              : last - step * static_cast<float>(count - 1 - i);
  }
  return values;
}

// Nichol & Dhariwal 2021: abar(u) = cos^2((u + 0.008) / 1.008 * pi / 2), betas capped at 0.999.
std::vector<float> SquaredCosineBetas(int count) {
  const auto alpha_bar = [](double u) {
    const double c = std::cos((u + 0.008) / 1.008 * M_PI / 2.0);
    return c * c;
  };
  std::vector<float> betas(count);
  for (int i = 0; i < count; ++i) {
    const double now = alpha_bar(static_cast<double>(i) / count);
    const double next = alpha_bar(static_cast<double>(i + 1) / count);
    betas[i] = static_cast<float>(std::min(1.0 - next / now, 0.999));
  }
  return betas;
}

// torch.cumprod in float32: accumulated in double, rounded for every element.
std::vector<float> CumulativeProduct(const std::vector<float>& alphas) {
  std::vector<float> products(alphas.size());
  double product = 1.0;
  for (size_t i = 0; i < alphas.size(); ++i) {
    product *= alphas[i];
    products[i] = static_cast<float>(product);
  }
  return products;
}

// Shifts and scales sqrt(abar) so that it ends at 0 and starts where it did; returns alphas.
std::vector<float> RescaleToZeroTerminalSnr(const std::vector<float>& alphas) {
  std::vector<float> root = CumulativeProduct(alphas);
  for (float& value : root) value = std::sqrt(value);
  const float first = root.front();
  const float last = root.back();
  const float scale = first / (first - last);
  std::vector<float> squares(root.size());
  for (size_t i = 0; i < root.size(); ++i) {
    const float shifted = (root[i] - last) * scale;
    squares[i] = shifted * shifted;
  }
  std::vector<float> rescaled(root.size());
  for (size_t i = 0; i < root.size(); ++i) {
    const float alpha = i == 0 ? squares[0] : squares[i] / squares[i - 1];
    rescaled[i] = 1.0f - (1.0f - alpha);  // through beta, as diffusers does
  }
  return rescaled;
}

absl::Status Validate(const NoiseScheduleConfig& config) {
  if (config.num_train_timesteps < 2 || config.num_train_timesteps > kMaxTrainTimesteps) {
    return absl::InvalidArgumentError(absl::StrCat("num_train_timesteps is ",
                                                   config.num_train_timesteps, ", must be 2 to ",
                                                   kMaxTrainTimesteps));
  }
  const bool in_order =
      config.beta_start > 0.0 && config.beta_start <= config.beta_end && config.beta_end < 1.0;
  if (!in_order) {
    return absl::InvalidArgumentError(absl::StrCat("beta_start ", config.beta_start,
                                                   " and beta_end ", config.beta_end,
                                                   " must satisfy 0 < beta_start <= beta_end < 1"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> Betas(const NoiseScheduleConfig& config) {
  const int count = config.num_train_timesteps;
  if (config.beta_schedule == "linear") {
    return Linspace(config.beta_start, config.beta_end, count);
  }
  if (config.beta_schedule == "scaled_linear") {
    std::vector<float> betas =
        Linspace(std::sqrt(config.beta_start), std::sqrt(config.beta_end), count);
    for (float& beta : betas) beta *= beta;
    return betas;
  }
  if (config.beta_schedule == "squaredcos_cap_v2") return SquaredCosineBetas(count);
  return absl::InvalidArgumentError(
      absl::StrCat("beta_schedule '", config.beta_schedule,
                   "' is not supported: use linear, scaled_linear or squaredcos_cap_v2"));
}

}  // namespace

absl::StatusOr<NoiseSchedule> NoiseSchedule::Create(const NoiseScheduleConfig& config) {
  STROBE_RETURN_IF_ERROR(Validate(config));
  STROBE_ASSIGN_OR_RETURN(std::vector<float> betas, Betas(config));
  std::vector<float> alphas(betas.size());
  std::transform(betas.begin(), betas.end(), alphas.begin(),
                 [](float beta) { return 1.0f - beta; });
  if (config.rescale_betas_zero_snr) alphas = RescaleToZeroTerminalSnr(alphas);
  const std::vector<float> products = CumulativeProduct(alphas);
  const bool valid = std::all_of(products.begin(), products.end(),
                                 [](float abar) { return abar >= 0.0f && abar < 1.0f; });
  if (!valid) {
    return absl::InvalidArgumentError("beta_start and beta_end are out of float32's reach");
  }
  return NoiseSchedule(std::vector<double>(products.begin(), products.end()));
}

double NoiseSchedule::Sigma(double timestep) const {
  const auto at = [this](int index) {
    return std::sqrt((1.0 - alphas_cumprod_[index]) / alphas_cumprod_[index]);
  };
  const int last = num_train_timesteps() - 1;
  const double clamped = std::clamp(timestep, 0.0, static_cast<double>(last));
  const int low = static_cast<int>(clamped);
  const double fraction = clamped - low;
  return fraction == 0.0 ? at(low) : at(low) + fraction * (at(low + 1) - at(low));
}

NoiseLevel NoiseSchedule::LevelOfAlphaCumprod(double alpha_cumprod) {
  return {std::sqrt(alpha_cumprod), std::sqrt(1.0 - alpha_cumprod)};
}

NoiseLevel NoiseSchedule::LevelOfSigma(double sigma) {
  const double norm = std::sqrt(sigma * sigma + 1.0);
  return {1.0 / norm, sigma / norm};
}

}  // namespace strobe::model
