// Prompts to what the denoiser is conditioned on, with the text encoders of a family.

#ifndef STROBE_MODEL_PIPELINE_PROMPT_ENCODER_H_
#define STROBE_MODEL_PIPELINE_PROMPT_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <c10/core/Device.h>

#include "model/pipeline/pipeline_sample.h"
#include "model/text/text_encoder.h"

namespace strobe::model {

// Immutable and thread-safe.
class PromptEncoder {
 public:
  // What the family makes of the states of all its encoders.
  using Join = std::function<TextStates(std::vector<TextStates>)>;

  // `encoders`: at least one, in the order of the family's files.
  PromptEncoder(std::vector<std::unique_ptr<TextEncoder>> encoders, Join join)
      : encoders_(std::move(encoders)), join_(std::move(join)) {}

  PromptTokens Tokenize(const std::string& prompt) const;

  // One result for each of `prompts`, which are at least one and of equally many tokens. The
  // networks are called with `rows` rows at a time (see fixed_rows.h).
  std::vector<PromptEmbeds> Encode(const std::vector<PromptTokens>& prompts,
                                   const at::Device& device, int64_t rows) const;

  const std::vector<std::unique_ptr<TextEncoder>>& encoders() const { return encoders_; }
  // Of the encoder that takes most.
  int max_tokens() const;

 private:
  std::vector<std::unique_ptr<TextEncoder>> encoders_;
  Join join_;
};

// The places of `prompts`, in groups of equally many tokens that can be encoded together.
std::vector<std::vector<size_t>> GroupByLength(const std::vector<PromptTokens>& prompts);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PROMPT_ENCODER_H_
