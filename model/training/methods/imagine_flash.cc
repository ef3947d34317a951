#include "model/training/methods/imagine_flash.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>

#include "base/status_macros.h"
#include "model/sampling/few_step_sampler.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/student_rollout.h"
#include "model/training/methods/teacher_solver.h"

namespace strobe::model {

absl::StatusOr<std::unique_ptr<ImagineFlash>> ImagineFlash::Create(
    const DistillationRecipe& recipe, const StepTableBuilder& builder,
    const DistillationNetworks& networks) {
  STROBE_ASSIGN_OR_RETURN(StudentSteps steps, DeterministicSteps(recipe, builder));
  STROBE_ASSIGN_OR_RETURN(const Renoise renoise, ParseRenoise(recipe.renoise));
  STROBE_ASSIGN_OR_RETURN(
      ShiftTable shift, ShiftTable::Create(recipe.gamma, steps.schedule.num_train_timesteps() - 1));
  return std::unique_ptr<ImagineFlash>(
      new ImagineFlash(recipe, std::move(steps), renoise, std::move(shift), networks));
}

absl::StatusOr<at::Tensor> ImagineFlash::InputOf(const std::vector<StepPosition>& positions,
                                                 const at::Tensor& noise,
                                                 const DistillationBatch& batch) const {
  if (recipe_.backward_distillation) {
    return RollOut(*networks_.student, positions, noise, batch.conditioning.Unguided());
  }
  STROBE_ASSIGN_OR_RETURN(const at::Tensor latents, batch.data_latents());
  std::vector<NoiseLevel> levels;
  for (const StepPosition& position : positions) levels.push_back(position.Rule().row.level);
  return AddNoise(latents, noise, levels);
}

at::Tensor ImagineFlash::TargetOf(const StudentPrediction& student,
                                  const std::vector<double>& timesteps,
                                  const DistillationBatch& batch, StepRandom& random) const {
  std::vector<int> starts;
  std::vector<NoiseLevel> levels;
  for (const double timestep : timesteps) {
    const int own = static_cast<int>(std::lround(timestep));
    starts.push_back(recipe_.shifted_reconstruction ? shift_.LevelOf(timestep) : own);
    levels.push_back(steps_.schedule.Level(starts.back()));
  }
  at::Tensor start = student.input;
  if (recipe_.shifted_reconstruction) {
    start = Renoised(renoise_, student, levels, random.Noise(batch.latent_shape));
  }
  return SolveToClean(
      GuidedPrediction(*networks_.teacher, steps_.prediction_type, batch.conditioning),
      steps_.schedule, start, starts, recipe_.teacher_steps);
}

absl::StatusOr<DistillationLoss> ImagineFlash::Loss(const DistillationBatch& batch,
                                                    StepRandom& random) {
  const at::Tensor noise = random.Noise(batch.latent_shape);
  const std::vector<StepPosition> positions = steps_.Draw(random, batch.latent_shape[0]);
  StudentPrediction student;
  student.start_noise = noise;
  std::vector<StepRule> rules;
  std::vector<double> timesteps;
  std::vector<std::string> names;
  for (const StepPosition& position : positions) {
    rules.push_back(position.Rule());
    timesteps.push_back(rules.back().row.timestep);
    names.push_back(position.LossName());
    student.levels.push_back(rules.back().row.level);
    student.is_first.push_back(position.step == 0 ? 1.0 : 0.0);
  }
  STROBE_ASSIGN_OR_RETURN(student.input, InputOf(positions, noise, batch));
  const at::Tensor output =
      GuidedOutput(*networks_.student, student.input, timesteps, batch.conditioning.Unguided());
  const at::Tensor x0 = ApplyStep(output, student.input, rules, noise, noise).denoised;
  student.x0 = x0.detach();

  const at::Tensor target = TargetOf(student, timesteps, batch, random);
  const at::Tensor errors = (x0 - target).square().mean({1, 2, 3});
  DistillationLoss loss{errors.mean(), LossByName(errors.detach(), names)};
  if (!discriminator_.has_value()) return loss;
  // The derivative of the mean square with respect to x0.
  const at::Tensor pull = (student.x0 - target) * (2.0 / static_cast<double>(x0.numel()));
  STROBE_ASSIGN_OR_RETURN(const at::Tensor verdict,
                          discriminator_->LossOf({x0, target, pull}, batch, random, loss.extras));
  loss.loss = loss.loss + verdict;
  return loss;
}

}  // namespace strobe::model
