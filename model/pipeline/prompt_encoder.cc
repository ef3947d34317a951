#include "model/pipeline/prompt_encoder.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "model/pipeline/device_copy.h"
#include "model/pipeline/fixed_rows.h"

namespace strobe::model {

PromptTokens PromptEncoder::Tokenize(const std::string& prompt) const {
  PromptTokens tokens;
  for (const TextTower& tower : towers_) {
    const ClipTokenizer::Encoding encoding = tower.tokenizer.Encode(prompt);
    tokens.ids.push_back(at::tensor(at::ArrayRef<int64_t>(encoding.input_ids), at::kLong));
    tokens.truncated |= encoding.truncated;
  }
  return tokens;
}

std::vector<PromptEmbeds> PromptEncoder::Encode(const std::vector<PromptTokens>& prompts,
                                                const at::Device& device, int64_t rows) const {
  std::vector<at::Tensor> contexts;
  at::Tensor pooled;
  for (size_t i = 0; i < towers_.size(); ++i) {
    std::vector<at::Tensor> ids;
    for (const PromptTokens& prompt : prompts) ids.push_back(prompt.ids[i]);
    const auto encode = [&](const Tensors& inputs) -> Tensors {
      const ClipTextOutput output = towers_[i].model->Forward(inputs[0]);
      return {is_sdxl() ? output.penultimate : output.last_hidden_state, output.text_embeds};
    };
    const Tensors encoded = CallInFixedRows(rows, {ToDevice(at::stack(ids), device)}, encode);
    contexts.push_back(encoded[0]);
    pooled = encoded[1];
  }
  const at::Tensor context = is_sdxl() ? at::cat(contexts, -1) : contexts.front();
  std::vector<PromptEmbeds> embeds(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    embeds[i].context = context.select(0, row);
    if (pooled.defined()) embeds[i].pooled = pooled.select(0, row);
  }
  return embeds;
}

int64_t PromptEncoder::context_width() const {
  int64_t width = 0;
  for (const TextTower& tower : towers_) width += tower.config.hidden_size;
  return width;
}

int64_t PromptEncoder::pooled_width() const {
  return is_sdxl() ? towers_.back().config.projection_dim : 0;
}

}  // namespace strobe::model
