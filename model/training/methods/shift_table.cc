#include "model/training/methods/shift_table.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {

absl::StatusOr<ShiftTable> ShiftTable::Create(const std::vector<ShiftPair>& pairs, int last) {
  if (pairs.empty()) return absl::InvalidArgumentError("gamma has no pair");
  double before = 0.0;
  for (const auto& [timestep, level] : pairs) {
    if (!(timestep > before)) {
      return absl::InvalidArgumentError(
          absl::StrCat("gamma: timestep ", timestep, " does not follow ", before));
    }
    if (!(level >= 1 && level <= last && level < timestep)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "gamma(", timestep, ") = ", level, " must be in 1..", last, " and below ", timestep));
    }
    before = timestep;
  }
  return ShiftTable(pairs);
}

int ShiftTable::LevelOf(double timestep) const {
  ShiftPair low = {0.0, 0.0};
  for (const ShiftPair& high : pairs_) {
    if (timestep <= high[0]) {
      const double share = (timestep - low[0]) / (high[0] - low[0]);
      return std::max(1, static_cast<int>(std::lround(low[1] + share * (high[1] - low[1]))));
    }
    low = high;
  }
  return static_cast<int>(std::lround(low[1]));
}

}  // namespace strobe::model
