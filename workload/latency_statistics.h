// Statistics of measured values, with what they can and cannot say. Pure.

#ifndef STROBE_WORKLOAD_LATENCY_STATISTICS_H_
#define STROBE_WORKLOAD_LATENCY_STATISTICS_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/types/span.h"

namespace strobe::workload {

// Bounds of a 95 % confidence interval.
struct Interval {
  double low = 0;
  double high = 0;
};

// One quantile of a distribution.
struct Quantile {
  double level = 0;  // 0.99 for the 99th percentile
  double value = 0;
  std::optional<Interval> interval;  // none: too few values to say
};

// Smallest value that at least `level` of all values do not exceed (nearest rank). `sorted` is
// ascending and not empty, `level` is from 0 to 1.
double ValueAt(absl::Span<const double> sorted, double level);

// With the interval that order statistics give without assuming any distribution: the ranks n p -+
// 1.96 sqrt(n p (1 - p)). None where fewer than 3 values are expected beyond it: below 300 values
// for p99, below 3,000 for p99.9.
Quantile QuantileAt(absl::Span<const double> sorted, double level);

// Zero without values.
double Mean(absl::Span<const double> values);

// A figure that was measured several times.
struct RepeatedFigure {
  size_t runs = 0;
  double mean = 0;
  double variation = 0;              // standard deviation over mean
  std::optional<Interval> interval;  // of the mean, by Student's t; none below 2 runs
};
RepeatedFigure Repeat(absl::Span<const double> values);

// The ratio of `over` to `under` from pairs of runs under the same conditions: the geometric mean
// of the pairs' ratios. The interval is Student's of their logarithms, so that it means the same
// whichever of the two is on top. Both are of one length. `variation` is 0; no runs, and nothing
// else, where there is no pair or a value is not positive and finite.
RepeatedFigure RatioOfPairs(absl::Span<const double> over, absl::Span<const double> under);

// (sum x)^2 / (n sum x^2): 1 when all are equal, 1/n when one has everything; 1 without values.
// Jain, Chiu, Hawe: A quantitative measure of fairness, DEC-TR-301, 1984.
double JainIndex(absl::Span<const double> values);

// Levels that a report lists: 0.5, 0.9, 0.95, 0.99, 0.999.
inline constexpr double kReportedQuantiles[] = {0.5, 0.9, 0.95, 0.99, 0.999};

}  // namespace strobe::workload

#endif  // STROBE_WORKLOAD_LATENCY_STATISTICS_H_
