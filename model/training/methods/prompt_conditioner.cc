#include "model/training/methods/prompt_conditioner.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"

namespace strobe::model {
namespace {

absl::StatusOr<TextTower> BuildTower(const std::string& component, ClipTextModel::Head head,
                                     const nlohmann::json& json, const StateDict& weights,
                                     const ClipTokenizerFiles& files, at::Device device) {
  STROBE_ASSIGN_OR_RETURN(const ClipTokenizer tokenizer, ClipTokenizer::Create(files));
  STROBE_ASSIGN_OR_RETURN(const ClipTextConfig config, ClipTextConfig::FromJson(json));
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader(component, weights, options);
  std::unique_ptr<ClipTextModel> model = ClipTextModel::Create(config, head, loader);
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return TextTower{tokenizer, config, std::move(model)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<PromptConditioner>> PromptConditioner::Create(
    const TrainedModel& model, int image_size, at::Device device) {
  std::vector<TextTower> towers;
  STROBE_ASSIGN_OR_RETURN(auto first,
                          BuildTower("text_encoder", ClipTextModel::Head::kNone, model.text_config,
                                     model.text_encoder, model.tokenizer, device));
  towers.push_back(std::move(first));
  if (model.second_text.has_value()) {
    STROBE_ASSIGN_OR_RETURN(
        auto second,
        BuildTower("text_encoder_2", ClipTextModel::Head::kProjection, model.second_text->config,
                   model.second_text->weights, model.second_text->tokenizer, device));
    towers.push_back(std::move(second));
  }
  std::unique_ptr<PromptConditioner> conditioner(new PromptConditioner(std::move(towers), device));
  Conditioning& empty = conditioner->empty_;
  const Conditioning encoded = conditioner->Encode({conditioner->encoder_.Tokenize("")});
  const auto without_prompt = [&](const at::Tensor& rows) {
    const at::Tensor row = rows.squeeze(0);
    return model.zero_empty_prompt ? at::zeros_like(row) : row;
  };
  empty.unconditional = without_prompt(encoded.conditional);
  if (model.is_sdxl()) {
    const double side = image_size;
    empty.pooled_empty = without_prompt(encoded.pooled);
    empty.time_ids =
        at::tensor({side, side, 0.0, 0.0, side, side}, at::kDouble).to(at::kFloat).to(device);
  }
  return conditioner;
}

std::vector<const ClipTokenizer*> PromptConditioner::tokenizers() const {
  std::vector<const ClipTokenizer*> tokenizers;
  for (const TextTower& tower : encoder_.towers()) tokenizers.push_back(&tower.tokenizer);
  return tokenizers;
}

Conditioning PromptConditioner::Condition(const CaptionBank& bank,
                                          const std::vector<int64_t>& captions,
                                          double guidance_scale) const {
  std::vector<PromptTokens> prompts(captions.size());
  for (size_t t = 0; t < encoder_.towers().size(); ++t) {
    const std::vector<at::Tensor> ids = bank.TokenIds(captions, t).unbind(0);
    for (size_t i = 0; i < ids.size(); ++i) prompts[i].ids.push_back(ids[i]);
  }
  Conditioning conditioning = Encode(prompts);
  conditioning.guidance_scale = guidance_scale;
  return conditioning;
}

Conditioning PromptConditioner::Condition(const std::vector<std::string>& captions,
                                          double guidance_scale) const {
  std::vector<PromptTokens> prompts;
  for (const std::string& caption : captions) prompts.push_back(encoder_.Tokenize(caption));
  Conditioning conditioning = Encode(prompts);
  conditioning.guidance_scale = guidance_scale;
  return conditioning;
}

Conditioning PromptConditioner::Encode(const std::vector<PromptTokens>& prompts) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> contexts;
  std::vector<at::Tensor> pooled;
  for (const PromptEmbeds& embeds : encoder_.Encode(prompts, device_, /*rows=*/0)) {
    contexts.push_back(embeds.context);
    if (embeds.pooled.defined()) pooled.push_back(embeds.pooled);
  }
  Conditioning conditioning = empty_;
  conditioning.conditional = at::stack(contexts);
  if (!pooled.empty()) conditioning.pooled = at::stack(pooled);
  return conditioning;
}

}  // namespace strobe::model
