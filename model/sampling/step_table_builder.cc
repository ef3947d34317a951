#include "model/sampling/step_table_builder.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/sampling/schedulers/scheduler_list.h"

namespace strobe::model {
namespace {

absl::Status InFile(const absl::Status& status) {
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("scheduler_config.json: ", status.message()));
}

// Where the signal is gone, noise cannot be told from it: x0 = (x - eps) / 0. Configs with absurd
// betas or shifts lead to levels that are no numbers.
absl::Status CheckDefined(const StepTable& table) {
  for (const StepRow& row : table.rows) {
    const double sum = row.level.alpha + row.level.sigma + row.next.alpha + row.next.sigma;
    if (!std::isfinite(sum) || !(row.rho >= 0.0 && row.rho <= 1.0 + 1e-9)) {
      return absl::InvalidArgumentError(
          absl::StrCat("timestep ", row.timestep, " has no finite noise level"));
    }
    if (row.level.alpha == 0.0 && table.prediction_type == PredictionType::kEpsilon) {
      return absl::InvalidArgumentError(
          absl::StrCat("timestep ", row.timestep,
                       " has zero signal-to-noise ratio (rescale_betas_zero_snr), "
                       "where prediction_type epsilon is undefined"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StepTableBuilder> StepTableBuilder::FromJson(const nlohmann::json& config,
                                                            const std::string& class_name) {
  STROBE_ASSIGN_OR_RETURN(std::shared_ptr<const Scheduler> scheduler,
                          ReadSchedulerConfig(config, class_name));
  return Create(std::move(scheduler));
}

absl::StatusOr<StepTableBuilder> StepTableBuilder::Create(
    std::shared_ptr<const Scheduler> scheduler) {
  absl::StatusOr<NoiseSchedule> schedule = NoiseSchedule::Create(scheduler->noise());
  STROBE_RETURN_IF_ERROR(InFile(schedule.status()));
  STROBE_RETURN_IF_ERROR(InFile(scheduler->Adjust(*schedule)));
  return StepTableBuilder(std::move(scheduler), *std::move(schedule));
}

absl::Status StepTableBuilder::CheckRequest(const StepTableRequest& request) const {
  const int count = request.num_inference_steps;
  const int limit =
      request.timesteps.empty() ? scheduler_->max_own_steps() : schedule_.num_train_timesteps();
  if (count < 1 || count > limit) {
    return absl::InvalidArgumentError(
        absl::StrCat("num_inference_steps is ", count, ", must be 1 to ", limit));
  }
  if (!(request.eta >= 0.0 && request.eta <= 1.0)) {
    return absl::InvalidArgumentError(absl::StrCat("eta is ", request.eta, ", must be 0 to 1"));
  }
  return absl::OkStatus();
}

absl::StatusOr<StepTable> StepTableBuilder::Build(const StepTableRequest& request) const {
  STROBE_RETURN_IF_ERROR(CheckRequest(request));
  StepTable table;
  table.prediction_type = scheduler_->prediction_type();
  table.noise_correction = request.noise_correction && request.num_inference_steps > 1;
  STROBE_RETURN_IF_ERROR(scheduler_->Fill(schedule_, request, table));
  STROBE_RETURN_IF_ERROR(CheckDefined(table));
  return table;
}

}  // namespace strobe::model
