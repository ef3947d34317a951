#include "model/sampling/schedulers/lcm_scheduler.h"

#include <cmath>

#include "model/sampling/timestep_spacing.h"

namespace strobe::model {
namespace {

constexpr double kSigmaData = 0.5;

}  // namespace

LcmScheduler::LcmScheduler(JsonReader& reader)
    : DiffusionScheduler(
          reader, {.beta_start = 0.00085, .beta_end = 0.012, .beta_schedule = "scaled_linear"}) {
  clipping_.Read(reader);
  original_inference_steps_ = static_cast<int>(
      reader.GetInt("original_inference_steps", original_inference_steps_, {1, kLargestInteger}));
  timestep_scaling_ = reader.GetDouble("timestep_scaling", timestep_scaling_);
  shifted_timestep_ = reader.GetDouble("shifted_timestep", shifted_timestep_);
}

absl::Status LcmScheduler::Adjust(NoiseSchedule& /*schedule*/) const {
  if (!(shifted_timestep_ >= 0.0 && shifted_timestep_ <= noise().num_train_timesteps)) {
    return absl::InvalidArgumentError("'shifted_timestep' is not in 0..'num_train_timesteps'");
  }
  return CheckOriginalSteps(original_inference_steps_, noise());
}

std::vector<double> LcmScheduler::OwnTimesteps(int count) const {
  return DistillationTimesteps(noise().num_train_timesteps, original_inference_steps_, count);
}

void LcmScheduler::AddRows(const NoiseSchedule& schedule, const DiffusionRun& run,
                           StepTable& table) const {
  const int count = static_cast<int>(run.timesteps.size());
  const double shift =
      shifted_timestep_ > 0.0 ? shifted_timestep_ / schedule.num_train_timesteps() : 1.0;
  for (int i = 0; i < count; ++i) {
    StepRow row;
    row.timestep = std::floor(run.timesteps[i] * shift);
    const double scaled = row.timestep * timestep_scaling_;
    const double square = scaled * scaled + kSigmaData * kSigmaData;
    row.level = schedule.Level(static_cast<int>(row.timestep));
    if (i + 1 < count) row.next = schedule.Level(static_cast<int>(run.timesteps[i + 1]));
    row.rho = 1.0;
    row.output_scale = scaled / std::sqrt(square);
    row.skip_scale = kSigmaData * kSigmaData / square;
    table.rows.push_back(row);
  }
  clipping_.Apply(table);
}

}  // namespace strobe::model
