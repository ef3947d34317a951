#include "server/batching/costs/device_costs.h"

#include <algorithm>

namespace strobe::server {

int DeviceCosts::FastestFor(const BatchKey& key, const StagePlan& plan) const {
  if (alike()) return 0;
  const auto time_on = [&](const CostModel& costs) { return costs.PredictAmortized(key, plan); };
  return static_cast<int>(
      std::min_element(by_device_.begin(), by_device_.end(),
                       [&](const auto& a, const auto& b) { return time_on(a) < time_on(b); }) -
      by_device_.begin());
}

absl::Duration DeviceCosts::PredictTogether(const BatchKey& key, const StagePlan& plan, int count,
                                            int max_batch_size, CostBasis basis) const {
  absl::Duration least = absl::InfiniteDuration();
  for (const CostModel& costs : by_device_) {
    least = std::min(least, costs.PredictTogether(key, plan, count, max_batch_size, basis));
  }
  return least;
}

absl::Duration DeviceCosts::PredictShare(Stage stage, const BatchKey& key) const {
  absl::Duration least = absl::InfiniteDuration();
  for (const CostModel& costs : by_device_) {
    least = std::min(least, costs.PredictShare(stage, key));
  }
  return least;
}

absl::Duration DeviceCosts::PredictAmortized(const BatchKey& key, const StagePlan& plan) const {
  return of(FastestFor(key, plan)).PredictAmortized(key, plan);
}

double DeviceCosts::RelativeSpeed(int device, const BatchKey& key, const StagePlan& plan) const {
  if (alike()) return 1;
  const absl::Duration time = of(device).PredictAmortized(key, plan);
  const absl::Duration least = PredictAmortized(key, plan);
  // A device that costs nothing has not been measured.
  return least <= absl::ZeroDuration() ? 1 : absl::FDivDuration(least, time);
}

}  // namespace strobe::server
