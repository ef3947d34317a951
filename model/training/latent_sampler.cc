#include "model/training/latent_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "model/sampling/few_step_sampler.h"
#include "model/training/training_random.h"

namespace strobe::model {

Conditioning Conditioning::Rows(const at::Tensor& rows) const {
  return {at::index_select(conditional, 0, rows), unconditional, guidance_scale};
}

at::Tensor GuidedOutput(const UNet2DConditionModel& unet, const at::Tensor& latents,
                        const std::vector<double>& timesteps, const Conditioning& conditioning) {
  const at::Tensor labels = at::tensor(timesteps, at::kDouble).to(at::kFloat);
  if (conditioning.guidance_scale == 1.0) {
    return unet.Forward(latents, labels, conditioning.conditional).to(at::kFloat);
  }
  const at::Tensor empty =
      conditioning.unconditional.unsqueeze(0).expand(conditioning.conditional.sizes());
  const std::vector<at::Tensor> outputs =
      unet.Forward(at::cat({latents, latents}), at::cat({labels, labels}),
                   at::cat({empty, conditioning.conditional}))
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
    const at::Tensor fresh =
        rules.front().DrawsNoise() ? UnitNormal(MixBits(seed), step, noise.sizes()) : at::Tensor();
    latents = ApplyStep(output, latents, rules, noise, fresh).latents;
  }
  return latents;
}

}  // namespace strobe::model
