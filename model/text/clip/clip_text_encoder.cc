#include "model/text/clip/clip_text_encoder.h"

#include <cstdint>

#include <ATen/ops/tensor.h>

namespace strobe::model {

TextTokens ClipTextEncoder::Tokenize(const std::string& text) const {
  const ClipTokenizer::Encoding encoding = tokenizer_.Encode(text);
  TextTokens tokens;
  tokens.ids = at::tensor(at::ArrayRef<int64_t>(encoding.input_ids), at::kLong);
  tokens.truncated = encoding.truncated;
  return tokens;
}

TextStates ClipTextEncoder::Encode(const TextTokens& tokens) const {
  const ClipTextOutput output = model_->Forward(tokens.ids);
  TextStates states;
  states.states = layer_ == Layer::kLast ? output.last_hidden_state : output.penultimate;
  states.pooled = output.text_embeds;
  return states;
}

TextEncoderFacts ClipTextEncoder::facts() const {
  TextEncoderFacts facts;
  facts.width = config_.hidden_size;
  facts.pooled_width = head_ == ClipTextModel::Head::kProjection ? config_.projection_dim : 0;
  facts.max_tokens = tokenizer_.model_max_length();
  facts.max_positions = config_.max_position_embeddings;
  facts.largest_id = tokenizer_.largest_id();
  facts.vocabulary_size = config_.vocab_size;
  return facts;
}

}  // namespace strobe::model
