#include "model/pipeline/prompt_encoder.h"

#include <algorithm>
#include <map>

#include <ATen/ops/stack.h>

#include "model/pipeline/device_copy.h"
#include "model/pipeline/fixed_rows.h"

namespace strobe::model {
namespace {

// The tokens of `prompts` for one encoder, as a batch on `device`.
TextTokens BatchOf(const std::vector<PromptTokens>& prompts, size_t encoder,
                   const at::Device& device) {
  std::vector<at::Tensor> ids;
  std::vector<at::Tensor> masks;
  for (const PromptTokens& prompt : prompts) {
    const TextTokens& tokens = prompt.texts[encoder];
    ids.push_back(tokens.ids);
    if (tokens.mask.defined()) masks.push_back(tokens.mask);
  }
  TextTokens batch;
  batch.ids = ToDevice(at::stack(ids), device);
  if (!masks.empty()) batch.mask = ToDevice(at::stack(masks), device);
  return batch;
}

TextStates EncodeInFixedRows(const TextEncoder& encoder, const TextTokens& batch, int64_t rows) {
  const auto encode = [&encoder](const Tensors& inputs) -> Tensors {
    TextStates states = encoder.Encode({.ids = inputs[0], .mask = inputs[1]});
    return {std::move(states.states), std::move(states.mask), std::move(states.pooled)};
  };
  Tensors encoded = CallInFixedRows(rows, {batch.ids, batch.mask}, encode);
  return {std::move(encoded[0]), std::move(encoded[1]), std::move(encoded[2])};
}

}  // namespace

PromptTokens PromptEncoder::Tokenize(const std::string& prompt) const {
  PromptTokens tokens;
  for (const std::unique_ptr<TextEncoder>& encoder : encoders_) {
    tokens.texts.push_back(encoder->Tokenize(prompt));
    tokens.truncated |= tokens.texts.back().truncated;
  }
  return tokens;
}

std::vector<PromptEmbeds> PromptEncoder::Encode(const std::vector<PromptTokens>& prompts,
                                                const at::Device& device, int64_t rows) const {
  std::vector<TextStates> states;
  for (size_t i = 0; i < encoders_.size(); ++i) {
    states.push_back(EncodeInFixedRows(*encoders_[i], BatchOf(prompts, i, device), rows));
  }
  const TextStates joined = join_(std::move(states));
  std::vector<PromptEmbeds> embeds(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    embeds[i].context = joined.states.select(0, row);
    if (joined.mask.defined()) embeds[i].context_mask = joined.mask.select(0, row);
    if (joined.pooled.defined()) embeds[i].pooled = joined.pooled.select(0, row);
  }
  return embeds;
}

int PromptEncoder::max_tokens() const {
  int most = 0;
  for (const auto& encoder : encoders_) most = std::max(most, encoder->facts().max_tokens);
  return most;
}

std::vector<std::vector<size_t>> GroupByLength(const std::vector<PromptTokens>& prompts) {
  std::map<std::vector<int64_t>, std::vector<size_t>> groups;
  for (size_t i = 0; i < prompts.size(); ++i) {
    std::vector<int64_t> lengths;
    for (const TextTokens& tokens : prompts[i].texts) lengths.push_back(tokens.ids.numel());
    groups[lengths].push_back(i);
  }
  std::vector<std::vector<size_t>> places;
  for (auto& [lengths, group] : groups) places.push_back(std::move(group));
  return places;
}

}  // namespace strobe::model
