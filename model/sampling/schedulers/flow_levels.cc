#include "model/sampling/schedulers/flow_levels.h"

#include "absl/strings/str_cat.h"

namespace strobe::model {

absl::Status CheckDescendingLevels(const std::vector<double>& levels, int count, double max) {
  if (levels.size() != static_cast<size_t>(count)) {
    return absl::InvalidArgumentError(
        absl::StrCat(levels.size(), " noise levels were given for ", count, " steps"));
  }
  for (size_t i = 0; i < levels.size(); ++i) {
    const bool in_range = levels[i] > 0.0 && levels[i] <= max;
    if (!in_range || (i > 0 && levels[i] >= levels[i - 1])) {
      return absl::InvalidArgumentError(absl::StrCat("noise levels must descend from ", max,
                                                     " and stay over 0, but ", levels[i],
                                                     " is at place ", i));
    }
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
