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
  std::vector<NoiseLevel> levels;
  std::vector<double> is_first;
  std::vector<TeacherPath> paths;
  std::vector<NoiseLevel> teacher_levels;
  std::vector<double> weights;
  const int last = steps_.schedule.num_train_timesteps() - 1;
  for (int64_t i = 0; i < batch.latent_shape[0]; ++i) {
    const StepTable& table = steps_.Draw(random);
    const int step = random.scalars().Below(static_cast<int>(table.rows.size()));
    timesteps.push_back(table.rows[step].timestep);
    levels.push_back(table.rows[step].level);
    is_first.push_back(step == 0 ? 1.0 : 0.0);
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
  const at::Tensor errors = ((x0 - target).square() * RowColumn(weights, x0)).mean({1, 2, 3});
  DistillationLoss loss{errors.mean(), LossByTimestep(errors.detach(), timesteps)};
  STROBE_ASSIGN_OR_RETURN(const at::Tensor verdict,
                          discriminator_.LossOf(x0, batch, random, loss.extras));
  loss.loss = loss.loss + recipe_.adversarial_weight * verdict;
  return loss;
}

}  // namespace strobe::model
