#include "model/training/methods/step_tables.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

// The share of each table, summing to 1.
absl::StatusOr<std::vector<double>> Shares(const DistillationRecipe& recipe) {
  std::vector<double> shares(recipe.step_counts.begin(), recipe.step_counts.end());
  if (!recipe.step_shares.empty()) {
    const bool positive = std::all_of(recipe.step_shares.begin(), recipe.step_shares.end(),
                                      [](double share) { return share > 0.0; });
    if (!positive || recipe.step_shares.size() != shares.size()) {
      return absl::InvalidArgumentError("step_shares must be one positive number a step count");
    }
    shares = recipe.step_shares;
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace

std::string StepPosition::LossName() const {
  return absl::StrCat("loss_step", step + 1, "of", table->rows.size());
}

StepPosition StudentSteps::Draw(StepRandom& random) const {
  double at = random.scalars().Uniform();
  size_t chosen = 0;
  while (chosen + 1 < tables.size() && at >= shares[chosen]) at -= shares[chosen++];
  const StepTable& table = tables[chosen];
  return {&table, random.scalars().Below(static_cast<int>(table.rows.size()))};
}

std::vector<StepPosition> StudentSteps::Draw(StepRandom& random, int64_t count) const {
  std::vector<StepPosition> positions;
  for (int64_t i = 0; i < count; ++i) positions.push_back(Draw(random));
  return positions;
}

absl::StatusOr<StudentSteps> DeterministicSteps(const DistillationRecipe& recipe,
                                                const StepTableBuilder& builder) {
  if (recipe.teacher_steps < 1 || recipe.step_counts.empty()) {
    return absl::InvalidArgumentError("teacher_steps is under 1 or step_counts is empty");
  }
  STROBE_ASSIGN_OR_RETURN(NoiseSchedule schedule,
                          NoiseSchedule::Create(builder.scheduler().noise()));
  StudentSteps steps{std::move(schedule), builder.scheduler().prediction_type(), {}, {}};
  for (const int count : recipe.step_counts) {
    StepTableRequest request;
    request.num_inference_steps = count;
    request.noise_correction = ServedWithNoiseCorrection(recipe);
    STROBE_ASSIGN_OR_RETURN(const StepTable table, builder.Build(request));
    for (int step = 0; step < count; ++step) {
      if (!RuleOfStep(table, step).DrawsNoise()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(recipe.method, " needs a scheduler that draws no noise: DDIM or Euler"));
    }
    steps.tables.push_back(table);
  }
  STROBE_ASSIGN_OR_RETURN(steps.shares, Shares(recipe));
  return steps;
}

}  // namespace strobe::model
