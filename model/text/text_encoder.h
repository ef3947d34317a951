// A tokenizer and the network that reads its ids, whatever their kind.

#ifndef STROBE_MODEL_TEXT_TEXT_ENCODER_H_
#define STROBE_MODEL_TEXT_TEXT_ENCODER_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

namespace strobe::model {

// Of one text, or of a batch of texts with equally many tokens.
struct TextTokens {
  at::Tensor ids = {};     // int64 [tokens], or [B, tokens]
  at::Tensor mask = {};    // bool, the same shape, false: padding; undefined: all are attended
  bool truncated = false;  // the text had more tokens than fit
};

// What a denoiser is conditioned on, for B texts.
struct TextStates {
  at::Tensor states = {};  // [B, rows, width]
  at::Tensor mask = {};    // bool [B, rows], true: the row counts; undefined: all do
  at::Tensor pooled = {};  // [B, pooled width]; undefined: the encoder has none
};

// What can be held against the other components of a model.
struct TextEncoderFacts {
  int64_t width = 0;            // of the states
  int64_t pooled_width = 0;     // 0: none
  int max_tokens = 0;           // that the tokenizer gives
  int max_positions = 0;        // that the network takes; 0: any number
  int64_t largest_id = 0;       // of the tokenizer
  int64_t vocabulary_size = 0;  // of the network
};

// Holds weights; immutable after creation and thread-safe.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  // `text` should be valid UTF-8.
  virtual TextTokens Tokenize(const std::string& text) const = 0;

  // `tokens`: of a batch, on the device of the weights. Rows do not influence each other.
  virtual TextStates Encode(const TextTokens& tokens) const = 0;

  virtual TextEncoderFacts facts() const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_TEXT_ENCODER_H_
