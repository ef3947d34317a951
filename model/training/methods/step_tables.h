// The steps that a student learns to take.

#ifndef STROBE_MODEL_TRAINING_METHODS_STEP_TABLES_H_
#define STROBE_MODEL_TRAINING_METHODS_STEP_TABLES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/sampling/few_step_sampler.h"
#include "model/sampling/noise_schedule.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/step_table.h"
#include "model/training/data/training_recipe.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {

// Before step `step` of `table`, which must outlive this.
struct StepPosition {
  const StepTable* table = nullptr;
  int step = 0;

  StepRule Rule() const { return RuleOfStep(*table, step); }

  // "loss_step2of3": what its losses are called in the metrics.
  std::string LossName() const;
};

// A step table for each of a recipe's step counts, and the noise levels under them.
struct StudentSteps {
  // A table by its share, then one of its steps, each equally often.
  StepPosition Draw(StepRandom& random) const;
  std::vector<StepPosition> Draw(StepRandom& random, int64_t count) const;

  NoiseSchedule schedule;
  PredictionType prediction_type;
  std::vector<StepTable> tables;
  std::vector<double> shares;  // of the tables; sum 1
};

// The recipe's steps by the scheduler of `builder`, with noise correction iff the student will be
// served with it. Without step_shares a table's share is in proportion to its steps: every step of
// every count is drawn equally often. INVALID_ARGUMENT when there is no step count, when the
// scheduler draws noise, when teacher_steps is under 1, or when step_shares are not one positive
// number a step count.
absl::StatusOr<StudentSteps> DeterministicSteps(const DistillationRecipe& recipe,
                                                const StepTableBuilder& builder);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_STEP_TABLES_H_
