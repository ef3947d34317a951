#include "model/sampling/timestep_spacing.h"

#include <algorithm>
#include <cmath>

namespace strobe::model {
namespace {

// The nearest integer, halves to even, as numpy rounds.
double RoundHalfEven(double value) { return std::nearbyint(value); }

double LeadingTimestep(const SchedulerConfig& config, int count, int from_end) {
  const int train = config.noise.num_train_timesteps;
  const int timestep = from_end * (train / count) + config.steps_offset;
  // The offset may lead past the end: Euler holds the last level there, DDIM has none.
  return HasWholeTimesteps(config.scheduler_class) ? std::min(timestep, train - 1) : timestep;
}

double LinspaceTimestep(const SchedulerConfig& config, int count, int from_end) {
  const int last = config.noise.num_train_timesteps - 1;
  const double step = count > 1 ? static_cast<double>(last) / (count - 1) : 0.0;
  if (HasWholeTimesteps(config.scheduler_class)) return RoundHalfEven(from_end * step);
  return static_cast<double>(static_cast<float>(from_end * step));
}

std::vector<double> SpacedTimesteps(const SchedulerConfig& config, int count) {
  const int train = config.noise.num_train_timesteps;
  std::vector<double> timesteps(count);
  for (int i = 0; i < count; ++i) {
    const int from_end = count - 1 - i;
    switch (config.timestep_spacing) {
      case TimestepSpacing::kTrailing:
        timesteps[i] = RoundHalfEven(train - i * (static_cast<double>(train) / count)) - 1.0;
        break;
      case TimestepSpacing::kLeading:
        timesteps[i] = LeadingTimestep(config, count, from_end);
        break;
      case TimestepSpacing::kLinspace:
        timesteps[i] = LinspaceTimestep(config, count, from_end);
        break;
    }
  }
  return timesteps;
}

std::vector<double> DistillationTimesteps(const SchedulerConfig& config, int count) {
  const int original = config.original_inference_steps;
  const int stride = config.noise.num_train_timesteps / original;
  std::vector<double> timesteps(count);
  for (int i = 0; i < count; ++i) {
    const int index = static_cast<int>(std::floor(i * (static_cast<double>(original) / count)));
    timesteps[i] = (original - index) * stride - 1;
  }
  return timesteps;
}

}  // namespace

bool HasWholeTimesteps(SchedulerClass scheduler_class) {
  return scheduler_class == SchedulerClass::kDdim || ChoosesFromDistillationSteps(scheduler_class);
}

bool ChoosesFromDistillationSteps(SchedulerClass scheduler_class) {
  return scheduler_class == SchedulerClass::kLcm || scheduler_class == SchedulerClass::kTcd;
}

std::vector<double> SchedulerTimesteps(const SchedulerConfig& config, int count) {
  return ChoosesFromDistillationSteps(config.scheduler_class) ? DistillationTimesteps(config, count)
                                                              : SpacedTimesteps(config, count);
}

}  // namespace strobe::model
