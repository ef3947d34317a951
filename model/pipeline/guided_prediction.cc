#include "model/pipeline/guided_prediction.h"

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
  std::vector<ConditionRow> conditions;
  std::vector<float> labels;

  void Add(const PipelineSample& sample, const PromptEmbeds& text) {
    conditions.push_back(
        {&text, sample.spec.width, sample.spec.height, sample.spec.guidance_scale});
    labels.push_back(static_cast<float>(sample.steps.rows[sample.steps_done].timestep));
  }
};

at::Tensor Call(const ModelFamily& family, const Denoiser& denoiser, const Rows& rows,
                const at::Tensor& input, NetworkCalls& calls) {
  const DenoiserConditions told =
      family.Condition(rows.conditions, denoiser.facts(), input.device());
  const at::Tensor labels = ToDevice(at::tensor(at::ArrayRef<float>(rows.labels)), input.device());
  const auto predict = [&denoiser](const Tensors& inputs) -> Tensors {
    return {
        denoiser
            .Forward(inputs[0], inputs[1], {inputs[2], inputs[3], inputs[4], inputs[5], inputs[6]})
            .to(at::kFloat)};
  };
  return calls
      .Run(Stage::kDenoise,
           {input, labels, told.context, told.context_mask, told.pooled, told.sizes, told.guidance},
           told.context.size(1), predict)
      .front();
}

}  // namespace

at::Tensor PredictWithGuidance(const ModelFamily& family, const Denoiser& denoiser,
                               absl::Span<PipelineSample* const> batch, const at::Tensor& latents,
                               NetworkCalls& calls) {
  const auto count = static_cast<int64_t>(batch.size());
  std::vector<at::Tensor> inputs = {latents};
  Rows rows;
  for (const PipelineSample* sample : batch) rows.Add(*sample, sample->prompt);
  for (int64_t i = 0; i < count; ++i) {
    if (!batch[i]->guided()) continue;
    inputs.push_back(latents.narrow(0, i, 1));
    rows.Add(*batch[i], batch[i]->negative);
  }
  const at::Tensor output =
      Call(family, denoiser, rows, inputs.size() == 1 ? latents : at::cat(inputs), calls);
  if (output.size(0) == count) return output;
  std::vector<at::Tensor> guided;
  int64_t negative = count;
  for (int64_t i = 0; i < count; ++i) {
    at::Tensor row = output.select(0, i);
    if (batch[i]->guided()) {
      const at::Tensor uncond = output.select(0, negative++);
      row = uncond + (row - uncond) * batch[i]->guidance_weight;
    }
    guided.push_back(row);
  }
  return at::stack(guided);
}

}  // namespace strobe::model
