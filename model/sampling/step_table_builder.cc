#include "model/sampling/step_table_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

// What the Euler classes put in the place of a terminal abar of 0.
constexpr double kEulerTerminalAlphaCumprod = 1.0 / (1 << 24);
constexpr double kLcmSigmaData = 0.5;

// The nearest integer, halves to even, as numpy rounds.
double RoundHalfEven(double value) { return std::nearbyint(value); }

absl::Status BadRequest(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status CheckTimesteps(const std::vector<double>& timesteps, int num_train_timesteps,
                            bool whole) {
  for (size_t i = 0; i < timesteps.size(); ++i) {
    const double t = timesteps[i];
    if (!(t >= 0.0 && t < num_train_timesteps)) {
      return BadRequest(absl::StrCat("timestep ", t, " is not in 0..", num_train_timesteps - 1));
    }
    if (whole && t != std::floor(t)) {
      return BadRequest(absl::StrCat("timestep ", t, ": this scheduler needs whole numbers"));
    }
    if (i > 0 && t >= timesteps[i - 1]) {
      return BadRequest(
          absl::StrCat("timesteps must descend, but ", t, " follows ", timesteps[i - 1]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StepTableBuilder> StepTableBuilder::Create(const SchedulerConfig& config) {
  absl::StatusOr<NoiseSchedule> schedule = NoiseSchedule::Create(config.noise);
  if (!schedule.ok()) {
    return BadRequest(absl::StrCat("scheduler_config.json: ", schedule.status().message()));
  }
  if (config.scheduler_class == SchedulerClass::kEulerDiscrete &&
      config.noise.rescale_betas_zero_snr) {
    schedule->SetTerminalAlphaCumprod(kEulerTerminalAlphaCumprod);
  }
  if (config.scheduler_class == SchedulerClass::kLcm &&
      config.original_inference_steps > config.noise.num_train_timesteps) {
    return BadRequest(
        "scheduler_config.json: 'original_inference_steps' is larger than "
        "'num_train_timesteps'");
  }
  return StepTableBuilder(config, *std::move(schedule));
}

absl::Status StepTableBuilder::CheckRequest(const StepTableRequest& request) const {
  const int count = request.num_inference_steps;
  const bool is_lcm = config_.scheduler_class == SchedulerClass::kLcm;
  const int limit = is_lcm && request.timesteps.empty() ? config_.original_inference_steps
                                                        : schedule_.num_train_timesteps();
  if (count < 1 || count > limit) {
    return BadRequest(absl::StrCat("num_inference_steps is ", count, ", must be 1 to ", limit));
  }
  if (!(request.eta >= 0.0 && request.eta <= 1.0)) {
    return BadRequest(absl::StrCat("eta is ", request.eta, ", must be 0 to 1"));
  }
  if (request.timesteps.empty()) return absl::OkStatus();
  if (request.timesteps.size() != static_cast<size_t>(count)) {
    return BadRequest(
        absl::StrCat(request.timesteps.size(), " timesteps were given for ", count, " steps"));
  }
  return CheckTimesteps(request.timesteps, schedule_.num_train_timesteps(),
                        config_.scheduler_class != SchedulerClass::kEulerDiscrete);
}

absl::StatusOr<StepTable> StepTableBuilder::Build(const StepTableRequest& request) const {
  if (absl::Status status = CheckRequest(request); !status.ok()) return status;
  const bool is_lcm = config_.scheduler_class == SchedulerClass::kLcm;
  std::vector<double> timesteps = request.timesteps;
  if (timesteps.empty()) {
    timesteps = is_lcm ? LcmTimesteps(request.num_inference_steps)
                       : SpacedTimesteps(request.num_inference_steps);
  }
  StepTable table;
  table.prediction_type = config_.prediction_type;
  table.noise_correction = request.noise_correction && timesteps.size() > 1;
  table.clip_sample = config_.clip_sample;
  table.clip_sample_range = config_.clip_sample_range;
  switch (config_.scheduler_class) {
    case SchedulerClass::kEulerDiscrete:
      AddEulerRows(timesteps, table);
      break;
    case SchedulerClass::kDdim:
      AddDdimRows(timesteps, request, table);
      break;
    case SchedulerClass::kLcm:
      AddLcmRows(timesteps, table);
      break;
  }
  for (const StepRow& row : table.rows) {
    if (row.level.alpha == 0.0 && table.prediction_type == PredictionType::kEpsilon) {
      return BadRequest(absl::StrCat("timestep ", row.timestep,
                                     " has zero signal-to-noise ratio (rescale_betas_zero_snr), "
                                     "where prediction_type epsilon is undefined"));
    }
  }
  return table;
}

// Lin et al. 2023, table 2, with diffusers' rounding.
std::vector<double> StepTableBuilder::SpacedTimesteps(int count) const {
  const int train = schedule_.num_train_timesteps();
  const bool whole = config_.scheduler_class != SchedulerClass::kEulerDiscrete;
  std::vector<double> timesteps(count);
  for (int i = 0; i < count; ++i) {
    const int from_end = count - 1 - i;
    switch (config_.timestep_spacing) {
      case TimestepSpacing::kTrailing:
        timesteps[i] = RoundHalfEven(train - i * (static_cast<double>(train) / count)) - 1.0;
        break;
      case TimestepSpacing::kLeading:
        // The offset may lead past the end; diffusers' Euler holds the last level there.
        timesteps[i] = std::min(from_end * (train / count) + config_.steps_offset, train - 1);
        break;
      case TimestepSpacing::kLinspace: {
        const double step = count > 1 ? static_cast<double>(train - 1) / (count - 1) : 0.0;
        timesteps[i] = whole ? RoundHalfEven(from_end * step)
                             : static_cast<double>(static_cast<float>(from_end * step));
        break;
      }
    }
  }
  return timesteps;
}

// Evenly spaced indices into the schedule of the distillation; spacing and offset have no effect.
std::vector<double> StepTableBuilder::LcmTimesteps(int count) const {
  const int original = config_.original_inference_steps;
  const int stride = schedule_.num_train_timesteps() / original;
  std::vector<double> timesteps(count);
  for (int i = 0; i < count; ++i) {
    const int index = static_cast<int>(std::floor(i * (static_cast<double>(original) / count)));
    timesteps[i] = (original - index) * stride - 1;
  }
  return timesteps;
}

// x_ve = x / alpha moves along (x_ve - x0) / sigma, which is DDIM with eta 0 on x. Noise starts at
// the largest sigma, without the clean image's share for trailing and linspace spacing.
void StepTableBuilder::AddEulerRows(const std::vector<double>& timesteps, StepTable& table) const {
  const int count = static_cast<int>(timesteps.size());
  std::vector<double> sigmas(count + 1, config_.final_sigma_is_min ? schedule_.Sigma(0) : 0.0);
  for (int i = 0; i < count; ++i) sigmas[i] = schedule_.Sigma(timesteps[i]);
  if (config_.log_linear_interpolation) {
    const double high = std::log(schedule_.Sigma(schedule_.num_train_timesteps() - 1));
    const double low = std::log(schedule_.Sigma(0));
    for (int i = 0; i <= count; ++i) sigmas[i] = std::exp(high + (low - high) * i / count);
  }
  for (int i = 0; i < count; ++i) {
    StepRow row;
    row.timestep = timesteps[i];
    row.level = NoiseSchedule::LevelOfSigma(sigmas[i]);
    row.next = NoiseSchedule::LevelOfSigma(sigmas[i + 1]);
    table.rows.push_back(row);
  }
  const bool scaled = config_.timestep_spacing != TimestepSpacing::kLeading;
  table.initial_noise_scale = scaled ? table.rows.front().level.sigma : 1.0;
  table.clip_sample = false;
}

// Song et al. 2021, equations 12 and 16. diffusers' destination is t - N/n in whole numbers, which
// is not always the next label; between explicit labels it is the next label.
void StepTableBuilder::AddDdimRows(const std::vector<double>& timesteps,
                                   const StepTableRequest& request, StepTable& table) const {
  const int count = static_cast<int>(timesteps.size());
  const int stride = schedule_.num_train_timesteps() / count;
  const double final_abar = config_.set_alpha_to_one ? 1.0 : schedule_.AlphaCumprod(0);
  for (int i = 0; i < count; ++i) {
    const int now = static_cast<int>(timesteps[i]);
    int destination = now - stride;
    if (!request.timesteps.empty()) {
      destination = i + 1 < count ? static_cast<int>(timesteps[i + 1]) : -1;
    }
    const double abar = schedule_.AlphaCumprod(now);
    const double next_abar = destination >= 0 ? schedule_.AlphaCumprod(destination) : final_abar;
    StepRow row;
    row.timestep = timesteps[i];
    row.level = NoiseSchedule::LevelOfAlphaCumprod(abar);
    row.next = NoiseSchedule::LevelOfAlphaCumprod(next_abar);
    // sigma_t(eta)^2 / (1 - abar_next)
    row.rho = request.eta * std::sqrt((1.0 - abar / next_abar) / (1.0 - abar));
    table.rows.push_back(row);
  }
}

// Luo et al. 2023: predict x0, apply the boundary condition, noise it again to the next label.
void StepTableBuilder::AddLcmRows(const std::vector<double>& timesteps, StepTable& table) const {
  const int count = static_cast<int>(timesteps.size());
  for (int i = 0; i < count; ++i) {
    const double scaled = timesteps[i] * config_.timestep_scaling;
    const double square = scaled * scaled + kLcmSigmaData * kLcmSigmaData;
    StepRow row;
    row.timestep = timesteps[i];
    row.level = schedule_.Level(static_cast<int>(timesteps[i]));
    row.next = i + 1 < count ? schedule_.Level(static_cast<int>(timesteps[i + 1])) : NoiseLevel{};
    row.rho = 1.0;
    row.output_scale = scaled / std::sqrt(square);
    row.skip_scale = kLcmSigmaData * kLcmSigmaData / square;
    table.rows.push_back(row);
  }
}

}  // namespace strobe::model
