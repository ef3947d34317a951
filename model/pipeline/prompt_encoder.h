// Prompts to what the denoiser is conditioned on, with one text encoder or two.

#ifndef STROBE_MODEL_PIPELINE_PROMPT_ENCODER_H_
#define STROBE_MODEL_PIPELINE_PROMPT_ENCODER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/pipeline/pipeline_sample.h"
#include "model/text/clip/clip_text_model.h"
#include "model/text/clip/clip_tokenizer.h"

namespace strobe::model {

// A tokenizer and the text encoder that reads its ids.
struct TextTower {
  ClipTokenizer tokenizer;
  ClipTextConfig config;
  std::unique_ptr<ClipTextModel> model;
};

// Stable Diffusion has one tower and uses its last hidden state. SDXL (Podell et al. 2023, section
// 2.1) has two; their penultimate states are joined, and the second one's projection is the pooled
// prompt. Immutable and thread-safe.
class PromptEncoder {
 public:
  // Two towers are SDXL's, in the order of its files.
  explicit PromptEncoder(std::vector<TextTower> towers) : towers_(std::move(towers)) {}

  PromptTokens Tokenize(const std::string& prompt) const;

  // One result for each of `prompts`, which are at least one. The networks are called with `rows`
  // rows at a time (see fixed_rows.h).
  std::vector<PromptEmbeds> Encode(const std::vector<PromptTokens>& prompts,
                                   const at::Device& device, int64_t rows) const;

  const std::vector<TextTower>& towers() const { return towers_; }
  int max_tokens() const { return towers_.front().tokenizer.model_max_length(); }
  int64_t context_width() const;
  int64_t pooled_width() const;  // 0: none

 private:
  bool is_sdxl() const { return towers_.size() > 1; }

  std::vector<TextTower> towers_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PROMPT_ENCODER_H_
