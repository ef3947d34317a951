#include "model/training/methods/adversarial_distillation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include "base/status_macros.h"
#include "model/sampling/few_step_sampler.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/teacher_steps.h"

namespace strobe::model {

absl::StatusOr<std::unique_ptr<AdversarialDistillation>> AdversarialDistillation::Create(
    const DistillationRecipe& recipe, const StepTableBuilder& builder,
    const DistillationNetworks& networks) {
  STROBE_ASSIGN_OR_RETURN(StudentSteps steps, DeterministicSteps(recipe, builder));
  return std::unique_ptr<AdversarialDistillation>(
      new AdversarialDistillation(recipe, std::move(steps), networks));
}

absl::StatusOr<DistillationLoss> AdversarialDistillation::Loss(const DistillationBatch& batch,
                                                               StepRandom& random) {
  STROBE_ASSIGN_OR_RETURN(const at::Tensor clean, batch.data_latents());
  std::vector<double> timesteps;
  std::vector<std::string> names;
  std::vector<NoiseLevel> levels;
  std::vector<double> is_first;
  std::vector<TeacherPath> paths;
  std::vector<NoiseLevel> teacher_levels;
  std::vector<double> weights;
  const int last = steps_.schedule.num_train_timesteps() - 1;
  for (int64_t i = 0; i < batch.latent_shape[0]; ++i) {
    const StepPosition position = steps_.Draw(random);
    timesteps.push_back(position.Rule().row.timestep);
    levels.push_back(position.Rule().row.level);
    names.push_back(position.LossName());
    is_first.push_back(position.step == 0 ? 1.0 : 0.0);
    paths.push_back({1 + random.scalars().Below(last)});
    teacher_levels.push_back(steps_.schedule.Level(paths.back().start));
    weights.push_back(teacher_levels.back().alpha);
  }
  const at::Tensor noise = random.Noise(batch.latent_shape);
  const at::Tensor input =
      at::where(RowColumn(is_first, noise).to(at::kBool), noise, AddNoise(clean, noise, levels));
  const Conditioning unguided = batch.conditioning.Unguided();
  const at::Tensor output = GuidedOutput(*networks_.student, input, timesteps, unguided);
  const at::Tensor x0 = PredictedX0(steps_.prediction_type, output, input, levels);

  const at::Tensor again = AddNoise(x0.detach(), random.Noise(batch.latent_shape), teacher_levels);
  const at::Tensor target = RunTeacher(*networks_.teacher, steps_.prediction_type, steps_.schedule,
                                       again, paths, /*count=*/1, batch.conditioning);
  const at::Tensor weight = RowColumn(weights, x0);
  const at::Tensor errors = ((x0 - target).square() * weight).mean({1, 2, 3});
  DistillationLoss loss{errors.mean(), LossByName(errors.detach(), names)};
  // The derivative of the weighed mean square with respect to x0.
  const at::Tensor pull = (x0.detach() - target) * weight * (2.0 / static_cast<double>(x0.numel()));
  STROBE_ASSIGN_OR_RETURN(const at::Tensor verdict,
                          discriminator_.LossOf({x0, target, pull}, batch, random, loss.extras));
  loss.loss = loss.loss + verdict;
  return loss;
}

}  // namespace strobe::model
