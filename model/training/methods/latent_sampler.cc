#include "model/training/methods/latent_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>

#include "model/sampling/few_step_sampler.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {

Conditioning Conditioning::Rows(const at::Tensor& rows) const {
  Conditioning chosen = *this;
  chosen.conditional = at::index_select(conditional, 0, rows);
  if (pooled.defined()) chosen.pooled = at::index_select(pooled, 0, rows);
  return chosen;
}

Conditioning Conditioning::Unguided() const {
  Conditioning unguided = *this;
  unguided.guidance_scale = 1.0;
  return unguided;
}

DenoiserConditions Conditioning::Told() const {
  DenoiserConditions told;
  told.context = conditional;
  if (!pooled.defined()) return told;
  told.pooled = pooled;
  told.sizes = time_ids.unsqueeze(0).expand({pooled.size(0), -1});
  return told;
}

at::Tensor GuidedOutput(const UNet2DConditionModel& unet, const at::Tensor& latents,
                        const std::vector<double>& timesteps, const Conditioning& conditioning) {
  const at::Tensor labels = PerRow(timesteps, latents);
  if (conditioning.guidance_scale == 1.0) {
    return unet.Forward(latents, labels, conditioning.Told()).to(at::kFloat);
  }
  const auto with_empty = [](const at::Tensor& empty, const at::Tensor& rows) {
    return at::cat({empty.unsqueeze(0).expand(rows.sizes()), rows});
  };
  Conditioning both = conditioning;
  both.conditional = with_empty(conditioning.unconditional, conditioning.conditional);
  if (both.pooled.defined()) both.pooled = with_empty(conditioning.pooled_empty, both.pooled);
  const std::vector<at::Tensor> outputs =
      unet.Forward(at::cat({latents, latents}), at::cat({labels, labels}), both.Told())
          .to(at::kFloat)
          .chunk(2);
  return outputs[0] + conditioning.guidance_scale * (outputs[1] - outputs[0]);
}

at::Tensor SampleLatents(const UNet2DConditionModel& unet, const StepTable& table,
                         const at::Tensor& noise, const Conditioning& conditioning, uint64_t seed) {
  const at::NoGradGuard no_grad;
  const size_t count = static_cast<size_t>(noise.size(0));
  at::Tensor latents = noise * table.initial_noise_scale;
  for (int step = 0; step < static_cast<int>(table.rows.size()); ++step) {
    const std::vector<StepRule> rules(count, RuleOfStep(table, step));
    const std::vector<double> timesteps(count, rules.front().row.timestep);
    const at::Tensor output = GuidedOutput(unet, latents, timesteps, conditioning);
    const at::Tensor fresh = rules.front().DrawsNoise()
                                 ? UnitNormal(MixBits(seed), step, noise.sizes(), noise.device())
                                 : at::Tensor();
    latents = ApplyStep(output, latents, rules, noise, fresh).latents;
  }
  return latents;
}

}  // namespace strobe::model
