#include "model/sampling/schedulers/diffusion_scheduler.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

absl::Status CheckTimesteps(const std::vector<double>& timesteps, int num_train_timesteps,
                            bool whole) {
  for (size_t i = 0; i < timesteps.size(); ++i) {
    const double t = timesteps[i];
    if (!(t >= 0.0 && t < num_train_timesteps)) {
      return absl::InvalidArgumentError(
          absl::StrCat("timestep ", t, " is not in 0..", num_train_timesteps - 1));
    }
    if (whole && t != std::floor(t)) {
      return absl::InvalidArgumentError(
          absl::StrCat("timestep ", t, ": this scheduler needs whole numbers"));
    }
    if (i > 0 && t >= timesteps[i - 1]) {
      return absl::InvalidArgumentError(
          absl::StrCat("timesteps must descend, but ", t, " follows ", timesteps[i - 1]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

DiffusionScheduler::DiffusionScheduler(JsonReader& reader, const Defaults& defaults)
    : timestep_spacing_(defaults.timestep_spacing) {
  noise_.beta_start = defaults.beta_start;
  noise_.beta_end = defaults.beta_end;
  noise_.beta_schedule = defaults.beta_schedule;
  noise_.num_train_timesteps = static_cast<int>(
      reader.GetInt("num_train_timesteps", noise_.num_train_timesteps, {2, kLargestInteger}));
  noise_.beta_start = reader.GetDouble("beta_start", noise_.beta_start);
  noise_.beta_end = reader.GetDouble("beta_end", noise_.beta_end);
  noise_.beta_schedule = reader.GetString("beta_schedule", noise_.beta_schedule);
  noise_.rescale_betas_zero_snr =
      reader.GetBool("rescale_betas_zero_snr", noise_.rescale_betas_zero_snr);
  reader.RequireOneOf("trained_betas", {false});
  prediction_type_ =
      reader.GetChoice<PredictionType>("prediction_type",
                                       {{"epsilon", PredictionType::kEpsilon},
                                        {"sample", PredictionType::kSample},
                                        {"v_prediction", PredictionType::kVPrediction}},
                                       prediction_type_);
  steps_offset_ =
      static_cast<int>(reader.GetInt("steps_offset", steps_offset_, {0, kLargestInteger}));
  timestep_spacing_ = reader.GetChoice<TimestepSpacing>("timestep_spacing",
                                                        {{"linspace", TimestepSpacing::kLinspace},
                                                         {"leading", TimestepSpacing::kLeading},
                                                         {"trailing", TimestepSpacing::kTrailing}},
                                                        timestep_spacing_);
}

std::vector<double> DiffusionScheduler::OwnTimesteps(int count) const {
  return SpacedTimesteps(
      {timestep_spacing_, noise_.num_train_timesteps, steps_offset_, has_whole_timesteps()}, count);
}

absl::Status DiffusionScheduler::Fill(const NoiseSchedule& schedule,
                                      const StepTableRequest& request, StepTable& table) const {
  DiffusionRun run{request.timesteps, !request.timesteps.empty(), request.eta};
  if (run.explicit_timesteps) {
    const int count = request.num_inference_steps;
    if (run.timesteps.size() != static_cast<size_t>(count)) {
      return absl::InvalidArgumentError(
          absl::StrCat(run.timesteps.size(), " timesteps were given for ", count, " steps"));
    }
    STROBE_RETURN_IF_ERROR(
        CheckTimesteps(run.timesteps, schedule.num_train_timesteps(), has_whole_timesteps()));
  } else {
    run.timesteps = OwnTimesteps(request.num_inference_steps);
  }
  AddRows(schedule, run, table);
  return absl::OkStatus();
}

void SampleClipping::Read(JsonReader& reader) {
  reader.RequireOneOf("thresholding", {false});
  enabled = reader.GetBool("clip_sample", enabled);
  range = reader.GetDouble("clip_sample_range", range);
}

void SampleClipping::Apply(StepTable& table) const {
  table.clip_sample = enabled;
  table.clip_sample_range = range;
}

absl::Status CheckOriginalSteps(int original_inference_steps, const NoiseScheduleConfig& noise) {
  if (original_inference_steps <= noise.num_train_timesteps) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "'original_inference_steps' is larger than 'num_train_timesteps'");
}

}  // namespace strobe::model
