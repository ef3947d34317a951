#include "model/training/methods/prompt_conditioner.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "model/denoiser/unet/unet_2d_condition_config.h"

namespace strobe::model {
namespace {

absl::StatusOr<std::unique_ptr<ClipTextEncoder>> BuildEncoder(const ClipTextSource& source,
                                                              const nlohmann::json& json,
                                                              const StateDict& weights,
                                                              const ClipTokenizerFiles& files,
                                                              at::Device device) {
  STROBE_ASSIGN_OR_RETURN(ClipTokenizer tokenizer, ClipTokenizer::Create(files));
  STROBE_ASSIGN_OR_RETURN(const ClipTextConfig config, ClipTextConfig::FromJson(json));
  StateDictLoader::Options options;
  options.device = device;
  StateDictLoader loader(source.text_encoder, weights, options);
  std::unique_ptr<ClipTextModel> model = ClipTextModel::Create(config, source.head, loader);
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return std::make_unique<ClipTextEncoder>(std::move(tokenizer), config, source.head, source.layer,
                                           std::move(model));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PromptConditioner>> PromptConditioner::Create(
    const TrainedModel& model, int image_size, at::Device device) {
  const std::vector<ClipTextSource>& texts = model.family->texts();
  std::vector<std::unique_ptr<ClipTextEncoder>> encoders;
  STROBE_ASSIGN_OR_RETURN(
      encoders.emplace_back(),
      BuildEncoder(texts.front(), model.text_config, model.text_encoder, model.tokenizer, device));
  if (model.second_text.has_value()) {
    STROBE_ASSIGN_OR_RETURN(
        encoders.emplace_back(),
        BuildEncoder(texts.back(), model.second_text->config, model.second_text->weights,
                     model.second_text->tokenizer, device));
  }
  std::unique_ptr<PromptConditioner> conditioner(
      new PromptConditioner(std::move(encoders), *model.family, device));
  Conditioning& empty = conditioner->empty_;
  const Conditioning encoded = conditioner->Encode({conditioner->encoder_->Tokenize("")});
  const auto without_prompt = [&](const at::Tensor& rows) {
    const at::Tensor row = rows.squeeze(0);
    return model.zero_empty_prompt ? at::zeros_like(row) : row;
  };
  empty.unconditional = without_prompt(encoded.conditional);
  if (encoded.pooled.defined()) {
    empty.pooled_empty = without_prompt(encoded.pooled);
    empty.time_ids =
        at::tensor(at::ArrayRef<float>(TextTimeConfig::TimeIds(image_size, image_size))).to(device);
  }
  return conditioner;
}

PromptConditioner::PromptConditioner(std::vector<std::unique_ptr<ClipTextEncoder>> encoders,
                                     const ModelFamily& family, at::Device device)
    : device_(device) {
  std::vector<std::unique_ptr<TextEncoder>> all;
  for (std::unique_ptr<ClipTextEncoder>& encoder : encoders) {
    tokenizers_.push_back(&encoder->tokenizer());
    all.push_back(std::move(encoder));
  }
  encoder_.emplace(std::move(all), [&family](std::vector<TextStates> states) {
    return family.JoinTexts(std::move(states));
  });
}

Conditioning PromptConditioner::Condition(const CaptionBank& bank,
                                          const std::vector<int64_t>& captions,
                                          double guidance_scale) const {
  std::vector<PromptTokens> prompts(captions.size());
  for (size_t t = 0; t < tokenizers_.size(); ++t) {
    const std::vector<at::Tensor> ids = bank.TokenIds(captions, t).unbind(0);
    for (size_t i = 0; i < ids.size(); ++i) prompts[i].texts.push_back({.ids = ids[i]});
  }
  Conditioning conditioning = Encode(prompts);
  conditioning.guidance_scale = guidance_scale;
  return conditioning;
}

Conditioning PromptConditioner::Condition(const std::vector<std::string>& captions,
                                          double guidance_scale) const {
  std::vector<PromptTokens> prompts;
  for (const std::string& caption : captions) prompts.push_back(encoder_->Tokenize(caption));
  Conditioning conditioning = Encode(prompts);
  conditioning.guidance_scale = guidance_scale;
  return conditioning;
}

Conditioning PromptConditioner::Encode(const std::vector<PromptTokens>& prompts) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> contexts;
  std::vector<at::Tensor> pooled;
  for (const PromptEmbeds& embeds : encoder_->Encode(prompts, device_, /*rows=*/0)) {
    contexts.push_back(embeds.context);
    if (embeds.pooled.defined()) pooled.push_back(embeds.pooled);
  }
  Conditioning conditioning = empty_;
  conditioning.conditional = at::stack(contexts);
  if (!pooled.empty()) conditioning.pooled = at::stack(pooled);
  return conditioning;
}

}  // namespace strobe::model
