#include "client/load/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_format.h"
#include "workload/latency_statistics.h"

namespace strobe::client {
namespace {

constexpr int kLinesPerHalving = 5;
constexpr double kMilliseconds = 1e3;

// The level after `level`: as many equal steps to the next halving of what remains to 1 as there
// are lines for it.
double NextLevel(double level) {
  constexpr double kRounding = 1e-9;
  const double halvings = std::floor(std::log2(1 / (1 - level)) + kRounding) + 1;
  return level + 1 / (kLinesPerHalving * std::exp2(halvings));
}

std::string Summary(absl::Span<const double> sorted) {
  const double mean = workload::Mean(sorted);
  double squares = 0;
  for (const double value : sorted) squares += (value - mean) * (value - mean);
  const double deviation =
      sorted.empty() ? 0 : std::sqrt(squares / static_cast<double>(sorted.size()));
  return absl::StrFormat(
      "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n"
      "#[Max     = %12.3f, Total count    = %12d]\n"
      "#[Buckets = %12d, SubBuckets     = %12d]\n",
      mean * kMilliseconds, deviation * kMilliseconds,
      (sorted.empty() ? 0 : sorted.back()) * kMilliseconds, sorted.size(), 1,
      std::set<double>(sorted.begin(), sorted.end()).size());
}

}  // namespace

std::string PercentilesAsHgrm(absl::Span<const double> sorted) {
  std::string text = absl::StrFormat("%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
                                     "1/(1-Percentile)");
  const auto count_to = [&](double value) {
    return std::upper_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
  };
  for (double level = 0; !sorted.empty(); level = NextLevel(level)) {
    const double value = workload::ValueAt(sorted, level);
    if (value == sorted.back()) break;
    absl::StrAppendFormat(&text, "%12.3f %2.12f %10d %14.2f\n", value * kMilliseconds, level,
                          count_to(value), 1 / (1 - level));
  }
  if (!sorted.empty()) {
    absl::StrAppendFormat(&text, "%12.3f %2.12f %10d\n", sorted.back() * kMilliseconds, 1.0,
                          sorted.size());
  }
  return text + Summary(sorted);
}

}  // namespace strobe::client
