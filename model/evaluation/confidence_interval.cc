#include "model/evaluation/confidence_interval.h"

#include <cmath>

namespace strobe::model {

Estimate EstimateMean(const std::vector<double>& values) {
  Estimate estimate;
  if (values.empty()) return estimate;
  const double count = static_cast<double>(values.size());
  for (const double value : values) estimate.mean += value / count;
  if (values.size() < 2) return estimate;
  double squares = 0.0;
  for (const double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  estimate.half_width = 1.96 * std::sqrt(squares / (count - 1.0) / count);
  return estimate;
}

}  // namespace strobe::model
