#include "client/load/measurement_windows.h"

#include <algorithm>
#include <cmath>

#include "workload/latency_statistics.h"

namespace strobe::client {
namespace {

bool Agree(const std::vector<double>& values, double percentage) {
  const double mean = workload::Mean(values);
  return std::all_of(values.begin(), values.end(), [&](double value) {
    return std::abs(value - mean) <= mean * percentage / 100;
  });
}

}  // namespace

bool MeasurementWindows::Advance(absl::Duration now) {
  if (over_ || now < end() + options_.interval) return over_;
  std::vector<double> seconds;
  for (const absl::Duration latency : latencies_) seconds.push_back(absl::ToDoubleSeconds(latency));
  latencies_.clear();
  std::sort(seconds.begin(), seconds.end());
  Window window{static_cast<double>(seconds.size()), 0};
  if (!seconds.empty()) window.latency = workload::ValueAt(seconds, options_.percentile / 100);
  windows_.push_back(window);
  over_ = stable() || trials() >= options_.max_trials;
  return over_;
}

bool MeasurementWindows::stable() const {
  if (trials() < kStableWindows) return false;
  std::vector<double> completions;
  std::vector<double> latencies;
  for (auto window = windows_.end() - kStableWindows; window != windows_.end(); ++window) {
    if (window->completions == 0) return false;
    completions.push_back(window->completions);
    latencies.push_back(window->latency);
  }
  return Agree(completions, options_.stability_percentage) &&
         Agree(latencies, options_.stability_percentage);
}

absl::Duration MeasurementWindows::begin() const {
  return start_ + std::max(0, trials() - kStableWindows) * options_.interval;
}

}  // namespace strobe::client
