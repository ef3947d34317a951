#include "model/sampling/schedulers/scm_scheduler.h"

#include <cmath>
#include <vector>

#include "base/status_macros.h"
#include "model/sampling/schedulers/flow_levels.h"

namespace strobe::model {
namespace {

// The angle it starts from, and the middle one of two steps (SANA-Sprint's defaults).
constexpr double kMaxAngle = 1.57080;
constexpr double kMiddleAngle = 1.3;

std::vector<double> OwnAngles(int count) {
  if (count == 2) return {kMaxAngle, kMiddleAngle};
  std::vector<double> angles(count);
  for (int i = 0; i < count; ++i) angles[i] = kMaxAngle * (count - i) / count;
  return angles;
}

}  // namespace

ScmScheduler::ScmScheduler(JsonReader& reader) {
  prediction_type_ = PredictionType::kTrigFlow;
  reader.RequireOneOf("prediction_type", {"trigflow"});
  noise_.num_train_timesteps = static_cast<int>(
      reader.GetInt("num_train_timesteps", noise_.num_train_timesteps, {2, kLargestInteger}));
  sigma_data_ = reader.GetDouble("sigma_data", sigma_data_);
}

absl::Status ScmScheduler::Fill(const NoiseSchedule& /*schedule*/, const StepTableRequest& request,
                                StepTable& table) const {
  std::vector<double> angles = request.timesteps;
  if (angles.empty()) angles = OwnAngles(request.num_inference_steps);
  STROBE_RETURN_IF_ERROR(CheckDescendingLevels(angles, request.num_inference_steps, kMaxAngle));
  for (size_t i = 0; i < angles.size(); ++i) {
    StepRow row;
    row.timestep = angles[i];
    row.level = {std::cos(angles[i]), std::sin(angles[i])};
    if (i + 1 < angles.size()) row.next = {std::cos(angles[i + 1]), std::sin(angles[i + 1])};
    row.rho = 1.0;
    table.rows.push_back(row);
  }
  table.initial_noise_scale = sigma_data_;
  table.noise_scale = sigma_data_;
  return absl::OkStatus();
}

}  // namespace strobe::model
