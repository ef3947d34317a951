#include "model/sampling/timestep_spacing.h"

#include <algorithm>
#include <cmath>

namespace strobe::model {
namespace {

// The nearest integer, halves to even, as numpy rounds.
double RoundHalfEven(double value) { return std::nearbyint(value); }

double LeadingTimestep(const SpacingOptions& options, int count, int from_end) {
  const int train = options.num_train_timesteps;
  const int timestep = from_end * (train / count) + options.steps_offset;
  // The offset may lead past the end: Euler holds the last level there, DDIM has none.
  return options.whole ? std::min(timestep, train - 1) : timestep;
}

double LinspaceTimestep(const SpacingOptions& options, int count, int from_end) {
  const int last = options.num_train_timesteps - 1;
  const double step = count > 1 ? static_cast<double>(last) / (count - 1) : 0.0;
  if (options.whole) return RoundHalfEven(from_end * step);
  return static_cast<double>(static_cast<float>(from_end * step));
}

}  // namespace

std::vector<double> SpacedTimesteps(const SpacingOptions& options, int count) {
  const int train = options.num_train_timesteps;
  std::vector<double> timesteps(count);
  for (int i = 0; i < count; ++i) {
    const int from_end = count - 1 - i;
    switch (options.spacing) {
      case TimestepSpacing::kTrailing:
        timesteps[i] = RoundHalfEven(train - i * (static_cast<double>(train) / count)) - 1.0;
        break;
      case TimestepSpacing::kLeading:
        timesteps[i] = LeadingTimestep(options, count, from_end);
        break;
      case TimestepSpacing::kLinspace:
        timesteps[i] = LinspaceTimestep(options, count, from_end);
        break;
    }
  }
  return timesteps;
}

std::vector<double> DistillationTimesteps(int num_train_timesteps, int original_steps, int count) {
  const int stride = num_train_timesteps / original_steps;
  std::vector<double> timesteps(count);
  for (int i = 0; i < count; ++i) {
    const int index =
        static_cast<int>(std::floor(i * (static_cast<double>(original_steps) / count)));
    timesteps[i] = (original_steps - index) * stride - 1;
  }
  return timesteps;
}

}  // namespace strobe::model
