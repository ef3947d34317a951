#include "model/sampling/step_table_builder.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/sampling/diffusion_steps.h"
#include "model/sampling/flow_steps.h"
#include "model/sampling/timestep_spacing.h"

namespace strobe::model {
namespace {

// What the Euler classes put in the place of a terminal abar of 0.
constexpr double kEulerTerminalAlphaCumprod = 1.0 / (1 << 24);

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

bool IsEuler(SchedulerClass scheduler_class) {
  return scheduler_class == SchedulerClass::kEulerDiscrete ||
         scheduler_class == SchedulerClass::kEulerAncestral;
}

// Where the signal is gone, noise cannot be told from it: x0 = (x - eps) / 0. Configs with absurd
// betas or shifts lead to levels that are no numbers.
absl::Status CheckDefined(const StepTable& table) {
  for (const StepRow& row : table.rows) {
    const double sum = row.level.alpha + row.level.sigma + row.next.alpha + row.next.sigma;
    if (!std::isfinite(sum) || !(row.rho >= 0.0 && row.rho <= 1.0 + 1e-9)) {
      return BadRequest(absl::StrCat("timestep ", row.timestep, " has no finite noise level"));
    }
    if (row.level.alpha == 0.0 && table.prediction_type == PredictionType::kEpsilon) {
      return BadRequest(absl::StrCat("timestep ", row.timestep,
                                     " has zero signal-to-noise ratio (rescale_betas_zero_snr), "
                                     "where prediction_type epsilon is undefined"));
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
  if (!(config.shifted_timestep >= 0.0 &&
        config.shifted_timestep <= config.noise.num_train_timesteps)) {
    return BadRequest(
        "scheduler_config.json: 'shifted_timestep' is not in 0..'num_train_timesteps'");
  }
  if (IsEuler(config.scheduler_class) && config.noise.rescale_betas_zero_snr) {
    schedule->SetTerminalAlphaCumprod(kEulerTerminalAlphaCumprod);
  }
  if (ChoosesFromDistillationSteps(config.scheduler_class) &&
      config.original_inference_steps > config.noise.num_train_timesteps) {
    return BadRequest(
        "scheduler_config.json: 'original_inference_steps' is larger than "
        "'num_train_timesteps'");
  }
  return StepTableBuilder(config, *std::move(schedule));
}

absl::Status StepTableBuilder::CheckRequest(const StepTableRequest& request) const {
  const int count = request.num_inference_steps;
  const bool of_distillation = ChoosesFromDistillationSteps(config_.scheduler_class);
  const int limit = of_distillation && request.timesteps.empty() ? config_.original_inference_steps
                                                                 : schedule_.num_train_timesteps();
  if (count < 1 || count > limit) {
    return BadRequest(absl::StrCat("num_inference_steps is ", count, ", must be 1 to ", limit));
  }
  if (!(request.eta >= 0.0 && request.eta <= 1.0)) {
    return BadRequest(absl::StrCat("eta is ", request.eta, ", must be 0 to 1"));
  }
  if (request.timesteps.empty() || config_.is_flow()) return absl::OkStatus();
  if (request.timesteps.size() != static_cast<size_t>(count)) {
    return BadRequest(
        absl::StrCat(request.timesteps.size(), " timesteps were given for ", count, " steps"));
  }
  return CheckTimesteps(request.timesteps, schedule_.num_train_timesteps(),
                        HasWholeTimesteps(config_.scheduler_class));
}

absl::StatusOr<StepTable> StepTableBuilder::Build(const StepTableRequest& request) const {
  if (absl::Status status = CheckRequest(request); !status.ok()) return status;
  StepTable table;
  table.prediction_type = config_.prediction_type;
  table.noise_correction = request.noise_correction && request.num_inference_steps > 1;
  table.clip_sample_range = config_.clip_sample_range;
  if (config_.is_flow()) {
    const absl::Status status = FillFlowSteps(
        config_, {request.num_inference_steps, request.timesteps, request.sigmas, request.mu},
        table);
    if (!status.ok()) return status;
    if (absl::Status defined = CheckDefined(table); !defined.ok()) return defined;
    return table;
  }
  const bool is_explicit = !request.timesteps.empty();
  FillDiffusionSteps(
      config_, schedule_,
      {is_explicit ? request.timesteps : SchedulerTimesteps(config_, request.num_inference_steps),
       is_explicit, request.eta},
      table);
  if (absl::Status status = CheckDefined(table); !status.ok()) return status;
  return table;
}

}  // namespace strobe::model
