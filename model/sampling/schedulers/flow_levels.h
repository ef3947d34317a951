// What the schedulers of flow matching share.

#ifndef STROBE_MODEL_SAMPLING_SCHEDULERS_FLOW_LEVELS_H_
#define STROBE_MODEL_SAMPLING_SCHEDULERS_FLOW_LEVELS_H_

#include <vector>

#include "absl/status/status.h"

namespace strobe::model {

// INVALID_ARGUMENT unless `levels` are `count` numbers that descend from at most `max` and stay
// over 0.
absl::Status CheckDescendingLevels(const std::vector<double>& levels, int count, double max);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SCHEDULERS_FLOW_LEVELS_H_
