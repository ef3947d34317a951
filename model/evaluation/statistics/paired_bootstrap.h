// Intervals of differences between two models that drew the same prompts with the same noise.

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_PAIRED_BOOTSTRAP_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_PAIRED_BOOTSTRAP_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"

namespace strobe::model {

// How often each of `count` prompts is in resample `resample`: `count` draws with replacement
// (Efron 1979). A function of its arguments alone: every model is resampled with the same prompts,
// so that what two models share falls out of their difference.
std::vector<float> ResampleCounts(int count, uint64_t seed, int resample);

// A statistic and its values on resamples of the prompts. Statistics that are combined have equally
// many draws of the same resamples.
struct Resampled {
  double value = 0.0;
  std::vector<double> draws;
};

// `combine` of the values, and of the draws one by one. Draws are first moved so that their mean is
// the value: a statistic that is biased on resamples keeps its spread and loses the bias.
Resampled Combine(const Resampled& first, const Resampled& second,
                  const std::function<double(double, double)>& combine);

Resampled Difference(const Resampled& first, const Resampled& second);
Resampled Ratio(const Resampled& first, const Resampled& second);

// The mean over models that were trained with different seeds (at least one), whose seeds are
// resampled along with the prompts. The seeds' part of each draw is stretched by
// sqrt(S / (S - 1)), without which it would be too narrow for few seeds (Rao and Wu 1988).
Resampled MeanOverTrainings(absl::Span<const Resampled> trainings, uint64_t seed);

struct Interval {
  double low = 0.0;
  double high = 0.0;

  bool Excludes(double value) const { return value < low || value > high; }
};

// The middle 95 % of the draws, moved as in Combine. {value, value} without draws.
Interval IntervalOf(const Resampled& statistic);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_PAIRED_BOOTSTRAP_H_
