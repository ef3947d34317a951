#include "workload/latency_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace strobe::workload {
namespace {

constexpr double kNormal975 = 1.959964;

// 97.5 % quantiles of Student's t by degrees of freedom from 1; 30 and more are near the last.
constexpr double kStudent975[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                  2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                  2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                  2.060,  2.056, 2.052, 2.048, 2.045, 2.042};

// Fewest values expected beyond a quantile for it to mean something.
constexpr double kLeastBeyond = 3.0 - 1e-6;

double Student975(size_t degrees_of_freedom) {
  constexpr size_t kLast = std::size(kStudent975) - 1;
  return kStudent975[std::min(degrees_of_freedom - 1, kLast)];
}

}  // namespace

double ValueAt(absl::Span<const double> sorted, double level) {
  const double n = static_cast<double>(sorted.size());
  // Rounding errors of level * n must not lead to the next rank.
  const auto rank = static_cast<ptrdiff_t>(std::ceil(level * n - 1e-9));
  return sorted[std::clamp<ptrdiff_t>(rank - 1, 0, sorted.size() - 1)];
}

Quantile QuantileAt(absl::Span<const double> sorted, double level) {
  Quantile quantile{level, ValueAt(sorted, level), std::nullopt};
  const double n = static_cast<double>(sorted.size());
  if (n * (1 - level) < kLeastBeyond || n * level < kLeastBeyond) return quantile;
  const double spread = kNormal975 * std::sqrt(n * level * (1 - level));
  quantile.interval = {ValueAt(sorted, (n * level - spread) / n),
                       ValueAt(sorted, std::min(1.0, (n * level + spread + 1) / n))};
  return quantile;
}

double Mean(absl::Span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

RepeatedFigure Repeat(absl::Span<const double> values) {
  RepeatedFigure figure{values.size(), Mean(values), 0, std::nullopt};
  if (values.size() < 2) return figure;
  double squares = 0;
  for (const double value : values) squares += (value - figure.mean) * (value - figure.mean);
  const double n = static_cast<double>(values.size());
  const double deviation = std::sqrt(squares / (n - 1));
  const double half = Student975(values.size() - 1) * deviation / std::sqrt(n);
  figure.variation = figure.mean != 0 ? deviation / figure.mean : 0;
  figure.interval = {figure.mean - half, figure.mean + half};
  return figure;
}

RepeatedFigure RatioOfPairs(absl::Span<const double> over, absl::Span<const double> under) {
  std::vector<double> logarithms;
  for (size_t i = 0; i < over.size(); ++i) {
    const double ratio = over[i] / under[i];
    if (!(over[i] > 0) || !(ratio > 0) || !std::isfinite(ratio)) return {};
    logarithms.push_back(std::log(ratio));
  }
  if (logarithms.empty()) return {};
  const RepeatedFigure figure = Repeat(logarithms);
  RepeatedFigure ratio{figure.runs, std::exp(figure.mean), 0, std::nullopt};
  if (figure.interval.has_value()) {
    ratio.interval = {std::exp(figure.interval->low), std::exp(figure.interval->high)};
  }
  return ratio;
}

double JainIndex(absl::Span<const double> values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  return squares > 0 ? sum * sum / (static_cast<double>(values.size()) * squares) : 1;
}

}  // namespace strobe::workload
