#include "model/training/methods/student_rollout.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "model/training/methods/diffusion_loss.h"

namespace strobe::model {

at::Tensor RollOut(const UNet2DConditionModel& student, const std::vector<StepPosition>& positions,
                   const at::Tensor& noise, const Conditioning& conditioning) {
  const at::NoGradGuard no_grad;
  std::vector<double> scales;
  int last_step = 0;
  for (const StepPosition& position : positions) {
    scales.push_back(position.table->initial_noise_scale);
    last_step = std::max(last_step, position.step);
  }
  const at::Tensor latents = noise * RowColumn(scales, noise);
  for (int step = 0; step < last_step; ++step) {
    // The rows that have not arrived yet.
    std::vector<int64_t> rows;
    std::vector<StepRule> rules;
    std::vector<double> timesteps;
    for (size_t i = 0; i < positions.size(); ++i) {
      if (positions[i].step <= step) continue;
      rows.push_back(static_cast<int64_t>(i));
      rules.push_back(RuleOfStep(*positions[i].table, step));
      timesteps.push_back(rules.back().row.timestep);
    }
    const at::Tensor chosen = at::tensor(rows, at::kLong).to(noise.device());
    const at::Tensor here = at::index_select(latents, 0, chosen);
    const at::Tensor output = GuidedOutput(student, here, timesteps, conditioning.Rows(chosen));
    const at::Tensor start = at::index_select(noise, 0, chosen);
    latents.index_copy_(0, chosen, ApplyStep(output, here, rules, start, at::Tensor()).latents);
  }
  return latents;
}

}  // namespace strobe::model
