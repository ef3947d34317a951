#include "model/training/methods/imagine_flash.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/sampling/few_step_sampler.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/teacher_steps.h"

namespace strobe::model {
namespace {

std::vector<RolloutPosition> DrawPositions(const StudentSteps& steps, int64_t count,
                                           StepRandom& random) {
  std::vector<RolloutPosition> positions;
  for (int64_t i = 0; i < count; ++i) {
    const StepTable& table = steps.Draw(random);
    const int step = random.scalars().Below(static_cast<int>(table.rows.size()));
    positions.push_back({&table, step});
  }
  return positions;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ImagineFlash>> ImagineFlash::Create(
    const DistillationRecipe& recipe, const StepTableBuilder& builder,
    const DistillationNetworks& networks) {
  STROBE_ASSIGN_OR_RETURN(StudentSteps steps, DeterministicSteps(recipe, builder));
  const double last = steps.schedule.num_train_timesteps() - 1;
  if (recipe.shift_low < 1 || recipe.shift_high < 1 ||
      std::max(recipe.shift_low, recipe.shift_high) > last) {
    return absl::InvalidArgumentError(
        absl::StrCat("shift_low and shift_high must be in 1..", last));
  }
  return std::unique_ptr<ImagineFlash>(new ImagineFlash(recipe, std::move(steps), networks));
}

int ImagineFlash::ShiftedTimestep(double timestep) const {
  const double share = timestep / (steps_.schedule.num_train_timesteps() - 1);
  return static_cast<int>(
      std::lround(recipe_.shift_low + share * (recipe_.shift_high - recipe_.shift_low)));
}

at::Tensor ImagineFlash::TargetOf(const at::Tensor& x0, const at::Tensor& input,
                                  const std::vector<RolloutPosition>& positions,
                                  const at::Tensor& noise, const DistillationBatch& batch,
                                  StepRandom& random) const {
  std::vector<TeacherPath> paths;
  std::vector<NoiseLevel> start_levels;
  std::vector<double> is_first;
  for (const RolloutPosition& position : positions) {
    const double timestep = position.Rule().row.timestep;
    const bool shifted = recipe_.shifted_reconstruction;
    const int label = static_cast<int>(std::lround(timestep));
    paths.push_back({shifted ? ShiftedTimestep(timestep) : label});
    start_levels.push_back(steps_.schedule.Level(paths.back().start));
    is_first.push_back(position.step == 0 ? 1.0 : 0.0);
  }
  at::Tensor start = input;
  if (recipe_.shifted_reconstruction) {
    // At the first step the noise that the student started from is at hand; later it is not.
    const at::Tensor fresh = random.Noise(batch.latent_shape);
    const at::Tensor again = at::where(RowColumn(is_first, noise).to(at::kBool), noise, fresh);
    start = AddNoise(x0, again, start_levels);
  }
  return RunTeacher(*networks_.teacher, steps_.prediction_type, steps_.schedule, start, paths,
                    recipe_.teacher_steps, batch.conditioning);
}

absl::StatusOr<DistillationLoss> ImagineFlash::Loss(const DistillationBatch& batch,
                                                    StepRandom& random) {
  const at::Tensor noise = random.Noise(batch.latent_shape);
  const auto positions = DrawPositions(steps_, batch.latent_shape[0], random);
  std::vector<StepRule> rules;
  std::vector<double> timesteps;
  std::vector<NoiseLevel> levels;
  for (const RolloutPosition& position : positions) {
    rules.push_back(position.Rule());
    timesteps.push_back(rules.back().row.timestep);
    levels.push_back(rules.back().row.level);
  }
  const Conditioning unguided = batch.conditioning.Unguided();
  at::Tensor input;
  if (recipe_.backward_distillation) {
    input = RollOut(*networks_.student, positions, noise, unguided);
  } else {
    STROBE_ASSIGN_OR_RETURN(const at::Tensor latents, batch.data_latents());
    input = AddNoise(latents, noise, levels);
  }
  const at::Tensor output = GuidedOutput(*networks_.student, input, timesteps, unguided);
  const at::Tensor x0 = ApplyStep(output, input, rules, noise, noise).denoised;

  const at::Tensor target = TargetOf(x0.detach(), input, positions, noise, batch, random);
  const at::Tensor errors = (x0 - target).square().mean({1, 2, 3});
  DistillationLoss loss{errors.mean(), LossByTimestep(errors.detach(), timesteps)};
  if (!discriminator_.has_value()) return loss;
  STROBE_ASSIGN_OR_RETURN(const at::Tensor verdict,
                          discriminator_->LossOf(x0, batch, random, loss.extras));
  loss.loss = loss.loss + recipe_.adversarial_weight * verdict;
  return loss;
}

}  // namespace strobe::model
