#include "model/training/networks/learning_rate.h"

#include <algorithm>
#include <cmath>

namespace strobe::model {

double LearningRateSchedule::At(int64_t step) const {
  const double warmup =
      warmup_steps > 0 ? static_cast<double>(step + 1) / static_cast<double>(warmup_steps) : 1.0;
  const double total = static_cast<double>(num_steps);
  const double flat_until = std::max(flat_share * total, static_cast<double>(warmup_steps));
  double fall = 1.0;
  if (static_cast<double>(step) >= flat_until && total > flat_until) {
    const double progress = (static_cast<double>(step) - flat_until) / (total - flat_until);
    fall = 0.5 * (1.0 + std::cos(M_PI * std::min(progress, 1.0)));
  }
  return peak * std::min(warmup, 1.0) * fall;
}

}  // namespace strobe::model
