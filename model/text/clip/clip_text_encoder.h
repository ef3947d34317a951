// CLIP's tokenizer and text model as the pipelines of diffusers use them.

#ifndef STROBE_MODEL_TEXT_CLIP_CLIP_TEXT_ENCODER_H_
#define STROBE_MODEL_TEXT_CLIP_CLIP_TEXT_ENCODER_H_

#include <memory>
#include <string>
#include <utility>

#include "model/text/clip/clip_text_model.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/text/text_encoder.h"

namespace strobe::model {

class ClipTextEncoder final : public TextEncoder {
 public:
  // Which states are given: after the final layer norm, or before the last layer.
  enum class Layer { kLast, kPenultimate };

  // `model` was created with `config`; it gives pooled prompts if it has a projection.
  ClipTextEncoder(ClipTokenizer tokenizer, const ClipTextConfig& config, ClipTextModel::Head head,
                  Layer layer, std::unique_ptr<ClipTextModel> model)
      : tokenizer_(std::move(tokenizer)),
        config_(config),
        head_(head),
        layer_(layer),
        model_(std::move(model)) {}

  // The rows are always as many as the tokenizer's model_max_length, and padding is attended.
  TextTokens Tokenize(const std::string& text) const override;
  TextStates Encode(const TextTokens& tokens) const override;
  TextEncoderFacts facts() const override;

  const ClipTokenizer& tokenizer() const { return tokenizer_; }

 private:
  ClipTokenizer tokenizer_;
  ClipTextConfig config_;
  ClipTextModel::Head head_;
  Layer layer_;
  std::unique_ptr<ClipTextModel> model_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_CLIP_TEXT_ENCODER_H_
