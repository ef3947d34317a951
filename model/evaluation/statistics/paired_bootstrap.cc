#include "model/evaluation/statistics/paired_bootstrap.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr uint64_t kTrainingStream = 0x747261696e;

double MeanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// What is added to each draw so that their mean is the value.
double Shift(const Resampled& statistic) {
  return statistic.draws.empty() ? 0.0 : statistic.value - MeanOf(statistic.draws);
}

// The value at share `q` of sorted `values`, between neighbours by a line.
double Quantile(const std::vector<double>& values, double q) {
  const double at = q * static_cast<double>(values.size() - 1);
  const size_t below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

std::vector<float> ResampleCounts(int count, uint64_t seed, int resample) {
  SceneRandom random(seed, static_cast<uint64_t>(resample));
  std::vector<float> counts(static_cast<size_t>(count), 0.0f);
  for (int i = 0; i < count; ++i) counts[static_cast<size_t>(random.Below(count))] += 1.0f;
  return counts;
}

Resampled Combine(const Resampled& first, const Resampled& second,
                  const std::function<double(double, double)>& combine) {
  assert(first.draws.size() == second.draws.size());
  Resampled result{combine(first.value, second.value), {}};
  const double move_first = Shift(first);
  const double move_second = Shift(second);
  for (size_t r = 0; r < first.draws.size(); ++r) {
    result.draws.push_back(combine(first.draws[r] + move_first, second.draws[r] + move_second));
  }
  return result;
}

Resampled Difference(const Resampled& first, const Resampled& second) {
  return Combine(first, second, [](double a, double b) { return a - b; });
}

Resampled Ratio(const Resampled& first, const Resampled& second) {
  return Combine(first, second, [](double a, double b) { return a / b; });
}

Resampled MeanOverTrainings(absl::Span<const Resampled> trainings, uint64_t seed) {
  const size_t count = trainings.size();
  Resampled mean;
  std::vector<double> shifts;
  for (const Resampled& training : trainings) {
    mean.value += training.value / static_cast<double>(count);
    shifts.push_back(Shift(training));
  }
  const double stretch =
      count > 1 ? std::sqrt(static_cast<double>(count) / static_cast<double>(count - 1)) : 0.0;
  for (size_t r = 0; r < trainings.front().draws.size(); ++r) {
    SceneRandom random(seed ^ kTrainingStream, r);
    double all = 0.0;
    double drawn = 0.0;
    for (size_t i = 0; i < count; ++i) {
      all += trainings[i].draws[r] + shifts[i];
      const size_t chosen = static_cast<size_t>(random.Below(static_cast<int>(count)));
      drawn += trainings[chosen].draws[r] + shifts[chosen];
    }
    mean.draws.push_back((all + stretch * (drawn - all)) / static_cast<double>(count));
  }
  return mean;
}

Interval IntervalOf(const Resampled& statistic) {
  if (statistic.draws.empty()) return {statistic.value, statistic.value};
  std::vector<double> sorted = statistic.draws;
  std::sort(sorted.begin(), sorted.end());
  const double move = Shift(statistic);
  return {Quantile(sorted, 0.025) + move, Quantile(sorted, 0.975) + move};
}

}  // namespace strobe::model
