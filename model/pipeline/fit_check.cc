#include "model/pipeline/fit_check.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace strobe::model {

void FitCheck::MustMatch(absl::string_view what, int64_t left, absl::string_view other,
                         int64_t right) {
  if (left == right) return;
  problems_.push_back(absl::StrCat(what, " is ", left, " but ", other, " is ", right));
}

void FitCheck::Complain(std::string problem) { problems_.push_back(std::move(problem)); }

void FitCheck::CheckText(const TextEncoderFacts& text, const std::string& tokenizer,
                         const std::string& text_encoder) {
  if (text.max_positions > 0 && text.max_tokens > text.max_positions) {
    MustMatch(absl::StrCat(tokenizer, " model_max_length"), text.max_tokens,
              absl::StrCat(text_encoder, " max_position_embeddings"), text.max_positions);
  }
  if (text.largest_id >= text.vocabulary_size) {
    MustMatch(absl::StrCat(tokenizer, "'s largest id plus 1"), text.largest_id + 1,
              absl::StrCat(text_encoder, " vocab_size"), text.vocabulary_size);
  }
}

void FitCheck::CheckPreview(const ImageDecoder* preview, const ImageDecoder& decoder) {
  if (preview == nullptr) return;
  MustMatch("preview decoder's latent_channels", preview->latent_channels(), "vae's",
            decoder.latent_channels());
  MustMatch("preview decoder's pixels a latent cell", preview->scale_factor(), "vae's",
            decoder.scale_factor());
}

absl::Status FitCheck::status() const {
  if (problems_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("components do not fit together: ", absl::StrJoin(problems_, "; ")));
}

}  // namespace strobe::model
