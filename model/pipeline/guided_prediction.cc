#include "model/pipeline/guided_prediction.h"

#include <array>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "model/pipeline/device_copy.h"

namespace strobe::model {
namespace {

// What the denoiser is called with, a row at a time.
struct Rows {
  std::vector<at::Tensor> contexts;
  std::vector<at::Tensor> pooled;
  std::vector<float> labels;
  std::vector<float> time_ids;
  std::vector<float> guidance_weights;

  void Add(const PipelineSample& sample, const PromptEmbeds& prompt) {
    contexts.push_back(prompt.context);
    if (prompt.pooled.defined()) pooled.push_back(prompt.pooled);
    labels.push_back(static_cast<float>(sample.steps.rows[sample.steps_done].timestep));
    const auto height = static_cast<float>(sample.spec.height);
    const auto width = static_cast<float>(sample.spec.width);
    for (const float id : {height, width, 0.0f, 0.0f, height, width}) time_ids.push_back(id);
    guidance_weights.push_back(static_cast<float>(sample.spec.guidance_scale - 1.0));
  }
};

at::Tensor Where(const at::Tensor& like, const std::vector<float>& values) {
  return ToDevice(at::tensor(at::ArrayRef<float>(values)), like.device());
}

at::Tensor Call(const UNet2DConditionModel& unet, const Rows& rows, const at::Tensor& input,
                NetworkCalls& calls) {
  UNetConditions all;
  if (unet.config().time_cond_proj_dim > 0) {
    all.guidance_weights = Where(input, rows.guidance_weights);
  }
  if (unet.config().text_time.has_value()) {
    all.pooled_prompt_embeds = at::stack(rows.pooled);
    all.time_ids = Where(input, rows.time_ids).view({-1, TextTimeConfig::kTimeIds});
  }
  const auto predict = [&unet](const Tensors& inputs) -> Tensors {
    UNetConditions conditions;
    conditions.guidance_weights = inputs[3];
    conditions.pooled_prompt_embeds = inputs[4];
    conditions.time_ids = inputs[5];
    return {unet.Forward(inputs[0], inputs[1], inputs[2], conditions).to(at::kFloat)};
  };
  return calls
      .Run(Stage::kDenoise,
           {input, Where(input, rows.labels), at::stack(rows.contexts), all.guidance_weights,
            all.pooled_prompt_embeds, all.time_ids},
           predict)
      .front();
}

}  // namespace

at::Tensor PredictWithGuidance(const UNet2DConditionModel& unet,
                               absl::Span<PipelineSample* const> batch, const at::Tensor& latents,
                               NetworkCalls& calls) {
  const auto count = static_cast<int64_t>(batch.size());
  std::vector<at::Tensor> inputs = {latents};
  Rows rows;
  for (const PipelineSample* sample : batch) rows.Add(*sample, sample->prompt);
  for (int64_t i = 0; i < count; ++i) {
    if (!batch[i]->guided) continue;
    inputs.push_back(latents.narrow(0, i, 1));
    rows.Add(*batch[i], batch[i]->negative);
  }
  const at::Tensor output = Call(unet, rows, inputs.size() == 1 ? latents : at::cat(inputs), calls);
  if (output.size(0) == count) return output;
  std::vector<at::Tensor> guided;
  int64_t negative = count;
  for (int64_t i = 0; i < count; ++i) {
    at::Tensor row = output.select(0, i);
    if (batch[i]->guided) {
      const at::Tensor uncond = output.select(0, negative++);
      row = uncond + (row - uncond) * batch[i]->spec.guidance_scale;
    }
    guided.push_back(row);
  }
  return at::stack(guided);
}

}  // namespace strobe::model
