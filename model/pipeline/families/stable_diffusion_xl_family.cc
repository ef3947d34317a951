#include "model/pipeline/families/stable_diffusion_xl_family.h"

#include <vector>

#include <ATen/ops/stack.h>

#include "absl/strings/str_cat.h"
#include "model/denoiser/unet/unet_2d_condition_config.h"

namespace strobe::model {

StableDiffusionXlFamily::StableDiffusionXlFamily()
    : UNetFamily({{"tokenizer", "text_encoder", "CLIPTextModel", ClipTextModel::Head::kNone,
                   ClipTextEncoder::Layer::kPenultimate},
                  {"tokenizer_2", "text_encoder_2", "CLIPTextModelWithProjection",
                   ClipTextModel::Head::kProjection, ClipTextEncoder::Layer::kPenultimate}}) {}

void StableDiffusionXlFamily::CheckPooledPrompt(int64_t pooled_width, const DenoiserFacts& denoiser,
                                                FitCheck& check) const {
  if (denoiser.pooled_width == 0) {
    return check.Complain(absl::StrCat("the unet's addition_embed_type must be \"text_time\" in a ",
                                       pipeline_class()));
  }
  check.MustMatch("text_encoder_2 projection_dim", pooled_width,
                  "the pooled prompt in the unet's projection_class_embeddings_input_dim",
                  denoiser.pooled_width);
}

DenoiserConditions StableDiffusionXlFamily::Condition(absl::Span<const ConditionRow> rows,
                                                      const DenoiserFacts& denoiser,
                                                      const at::Device& device) const {
  std::vector<at::Tensor> pooled;
  std::vector<float> time_ids;
  for (const ConditionRow& row : rows) {
    pooled.push_back(row.text->pooled);
    for (const float id : TextTimeConfig::TimeIds(row.width, row.height)) time_ids.push_back(id);
  }
  DenoiserConditions conditions = UNetFamily::Condition(rows, denoiser, device);
  conditions.pooled = at::stack(pooled);
  conditions.sizes = OnDevice(time_ids, device).view({-1, TextTimeConfig::kTimeIds});
  return conditions;
}

}  // namespace strobe::model
