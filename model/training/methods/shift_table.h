// gamma of the shifted reconstruction loss: from which level the teacher sets out.

#ifndef STROBE_MODEL_TRAINING_METHODS_SHIFT_TABLE_H_
#define STROBE_MODEL_TRAINING_METHODS_SHIFT_TABLE_H_

#include <array>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace strobe::model {

// A timestep of the student and the timestep from which the teacher goes on.
using ShiftPair = std::array<double, 2>;

// Piecewise linear through (0, 0) and its pairs. Every level lies below the student's own: the
// teacher keeps what the student drew and adds the detail of lower noise. The paper (Kohler et al.
// 2024, "Imagine Flash", section 3.2) gives the idea and no numbers. Immutable.
class ShiftTable {
 public:
  // `last`: the highest timestep of the teacher. INVALID_ARGUMENT when there is no pair, when the
  // timesteps do not ascend, or when a level is not in 1..last or not below its timestep.
  static absl::StatusOr<ShiftTable> Create(const std::vector<ShiftPair>& pairs, int last);

  // gamma(timestep) of the teacher, rounded, at least 1; beyond the last pair its level.
  int LevelOf(double timestep) const;

 private:
  explicit ShiftTable(std::vector<ShiftPair> pairs) : pairs_(std::move(pairs)) {}

  std::vector<ShiftPair> pairs_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_SHIFT_TABLE_H_
