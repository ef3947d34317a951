#include "model/training/methods/step_distillation.h"

#include <cmath>

#include <ATen/TensorOperators.h>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "model/sampling/few_step_sampler.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/teacher_steps.h"

namespace strobe::model {

absl::StatusOr<std::unique_ptr<StepDistillation>> StepDistillation::Create(
    const DistillationRecipe& recipe, const StepTableBuilder& builder,
    const DistillationNetworks& networks) {
  STROBE_ASSIGN_OR_RETURN(StudentSteps steps, DeterministicSteps(recipe, builder));
  return std::unique_ptr<StepDistillation>(
      new StepDistillation(recipe, std::move(steps), networks));
}

absl::StatusOr<DistillationLoss> StepDistillation::Loss(const DistillationBatch& batch,
                                                        StepRandom& random) {
  STROBE_ASSIGN_OR_RETURN(const at::Tensor clean, batch.data_latents());
  std::vector<StepRule> rules;
  std::vector<StepRow> rows;
  std::vector<NoiseLevel> levels;
  std::vector<double> timesteps;
  std::vector<TeacherPath> paths;
  for (int64_t i = 0; i < batch.latent_shape[0]; ++i) {
    const StepTable& table = steps_.Draw(random);
    const int count = static_cast<int>(table.rows.size());
    const int step = random.scalars().Below(count);
    rules.push_back(RuleOfStep(table, step));
    rows.push_back(rules.back().row);
    levels.push_back(rows.back().level);
    timesteps.push_back(rows.back().timestep);
    const double next = step + 1 < count ? table.rows[step + 1].timestep : 0.0;
    paths.push_back({static_cast<int>(std::lround(timesteps.back())),
                     static_cast<int>(std::lround(next)), rows.back().next});
  }
  const at::Tensor noise = random.Noise(batch.latent_shape);
  const at::Tensor input = AddNoise(clean, noise, levels);
  const Conditioning unguided = batch.conditioning.Unguided();
  const at::Tensor output = GuidedOutput(*networks_.student, input, timesteps, unguided);
  const at::Tensor x0 = ApplyStep(output, input, rules, noise, noise).denoised;
  const at::Tensor end =
      RunTeacher(*networks_.teacher, rules.front().prediction_type, steps_.schedule, input, paths,
                 recipe_.teacher_steps, batch.conditioning);
  const at::Tensor errors = (x0 - X0OfStep(input, end, rows)).square().mean({1, 2, 3});
  return DistillationLoss{errors.mean(), LossByTimestep(errors.detach(), timesteps)};
}

at::Tensor X0OfStep(const at::Tensor& latents, const at::Tensor& target,
                    const std::vector<StepRow>& rows) {
  std::vector<double> ratios;
  std::vector<double> scales;
  for (const StepRow& row : rows) {
    ratios.push_back(row.next.sigma / row.level.sigma);
    scales.push_back(row.next.alpha - ratios.back() * row.level.alpha);
  }
  return (target - RowColumn(ratios, latents) * latents) / RowColumn(scales, latents);
}

}  // namespace strobe::model
