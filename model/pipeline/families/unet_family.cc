#include "model/pipeline/families/unet_family.h"

#include <string>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/pipeline/device_copy.h"

namespace strobe::model {

UNetFamily::UNetFamily(std::vector<ClipTextSource> texts) : texts_(std::move(texts)) {
  for (const ClipTextSource& text : texts_) {
    for (ComponentSpec& spec : text.components()) components_.push_back(std::move(spec));
  }
  components_.push_back({ComponentRole::kDenoiser, "unet", {"UNet2DConditionModel"}});
  components_.push_back({ComponentRole::kAutoencoder, "vae", {"AutoencoderKL", "AutoencoderTiny"}});
  components_.push_back({ComponentRole::kScheduler, "scheduler", {}});
}

absl::Status UNetFamily::CheckScheduler(const Scheduler& scheduler) const {
  if (!scheduler.is_flow()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the scheduler is for transformer denoisers, not for a UNet2DConditionModel");
}

std::vector<std::unique_ptr<TextEncoder>> UNetFamily::LoadTextEncoders(
    ComponentLoader& loader, LoadProblems& problems) const {
  std::vector<std::unique_ptr<TextEncoder>> encoders;
  for (const ClipTextSource& source : texts_) {
    auto encoder = problems.Take(LoadClipTextEncoder(source, loader));
    if (encoder.has_value()) encoders.push_back(*std::move(encoder));
  }
  return encoders;
}

absl::StatusOr<std::unique_ptr<Denoiser>> UNetFamily::LoadDenoiser(ComponentLoader& loader) const {
  return loader.LoadNetwork<Denoiser>(
      component(ComponentRole::kDenoiser),
      [](const nlohmann::json& json,
         StateDictLoader& tensors) -> absl::StatusOr<std::unique_ptr<Denoiser>> {
        STROBE_ASSIGN_OR_RETURN(const UNet2DConditionConfig config,
                                UNet2DConditionConfig::FromJson(json));
        return UNet2DConditionModel::Create(config, tensors);
      });
}

void UNetFamily::CheckTexts(const PromptEncoder& prompt_encoder, FitCheck& check) const {
  const auto& encoders = prompt_encoder.encoders();
  for (size_t i = 0; i < encoders.size(); ++i) {
    const TextEncoderFacts facts = encoders[i]->facts();
    check.CheckText(facts, texts_[i].tokenizer, texts_[i].text_encoder);
    check.MustMatch(absl::StrCat(texts_[i].tokenizer, " model_max_length"), facts.max_tokens,
                    "tokenizer model_max_length", encoders.front()->facts().max_tokens);
  }
}

void UNetFamily::CheckPooledPrompt(int64_t /*pooled_width*/, const DenoiserFacts& denoiser,
                                   FitCheck& check) const {
  if (denoiser.pooled_width == 0) return;
  check.Complain(absl::StrCat(
      "the unet's addition_embed_type \"text_time\" does not belong into a ", pipeline_class()));
}

absl::Status UNetFamily::CheckFit(const FamilyParts& parts) const {
  FitCheck check;
  int64_t context_width = 0;
  int64_t pooled_width = 0;
  for (const auto& encoder : parts.prompt_encoder.encoders()) {
    context_width += encoder->facts().width;
    pooled_width = encoder->facts().pooled_width;
  }
  check.MustMatch(
      texts_.size() > 1 ? "the text encoders' hidden_size together" : "text_encoder hidden_size",
      context_width, "unet cross_attention_dim", parts.denoiser.context_width);
  check.MustMatch("unet in_channels", parts.denoiser.in_channels, "unet out_channels",
                  parts.denoiser.out_channels);
  check.MustMatch("unet out_channels", parts.denoiser.out_channels, "vae latent_channels",
                  parts.decoder.latent_channels());
  check.CheckPreview(parts.preview_decoder, parts.decoder);
  CheckTexts(parts.prompt_encoder, check);
  CheckPooledPrompt(pooled_width, parts.denoiser, check);
  return check.status();
}

LatentGeometry UNetFamily::Geometry(const DenoiserFacts& /*denoiser*/,
                                    const ImageDecoder& decoder) const {
  return {decoder.latent_channels(), decoder.scale_factor(), /*cells_per_patch=*/1};
}

TextStates UNetFamily::JoinTexts(std::vector<TextStates> states) const {
  if (states.size() == 1) return std::move(states.front());
  std::vector<at::Tensor> rows;
  for (const TextStates& text : states) rows.push_back(text.states);
  TextStates joined;
  joined.states = at::cat(rows, -1);
  joined.pooled = states.back().pooled;
  return joined;
}

double UNetFamily::GuidanceWeight(double guidance_scale, const DenoiserFacts& denoiser) const {
  return denoiser.takes_guidance ? 1.0 : guidance_scale;
}

DenoiserConditions UNetFamily::Condition(absl::Span<const ConditionRow> rows,
                                         const DenoiserFacts& denoiser,
                                         const at::Device& device) const {
  std::vector<at::Tensor> contexts;
  std::vector<float> guidance;
  for (const ConditionRow& row : rows) {
    contexts.push_back(row.text->context);
    guidance.push_back(static_cast<float>(row.guidance_scale - 1.0));
  }
  DenoiserConditions conditions;
  conditions.context = at::stack(contexts);
  if (denoiser.takes_guidance) conditions.guidance = OnDevice(guidance, device);
  return conditions;
}

at::Tensor OnDevice(const std::vector<float>& values, const at::Device& device) {
  return ToDevice(at::tensor(at::ArrayRef<float>(values)), device);
}

}  // namespace strobe::model
