// How far a measured mean may be off.

#ifndef STROBE_MODEL_EVALUATION_CONFIDENCE_INTERVAL_H_
#define STROBE_MODEL_EVALUATION_CONFIDENCE_INTERVAL_H_

#include <cstdint>
#include <vector>

namespace strobe::model {

struct Estimate {
  double mean = 0.0;
  double half_width = 0.0;  // of the 95 % interval, normal approximation: 1.96 s / sqrt(n)
};

// Of independent `values`; {0, 0} for none, half-width 0 for one.
Estimate EstimateMean(const std::vector<double>& values);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_CONFIDENCE_INTERVAL_H_
