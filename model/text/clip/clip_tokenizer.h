// CLIP's byte-level BPE tokenizer, as transformers' fast tokenizer computes it.

#ifndef STROBE_MODEL_TEXT_CLIP_CLIP_TOKENIZER_H_
#define STROBE_MODEL_TEXT_CLIP_CLIP_TOKENIZER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/text/clip/byte_pair_encoder.h"
#include "model/text/clip/clip_tokenizer_files.h"

namespace strobe::model {

// Immutable after creation and thread-safe. Pure: no files, no tensors.
class ClipTokenizer {
 public:
  using Files = ClipTokenizerFiles;

  struct Encoding {
    std::vector<int64_t> input_ids;  // exactly `model_max_length`, padded
    bool truncated = false;          // the prompt had more tokens than fit
  };

  // INVALID_ARGUMENT names the file and what is wrong with it.
  static absl::StatusOr<ClipTokenizer> Create(const Files& files);

  // NFC, white space runs to one space, lower case, split, bytes, BPE by rank; start and end token
  // around it, cut and padded to `model_max_length`. Special tokens that are spelled out in `text`
  // become themselves, as in transformers. `text` should be valid UTF-8; what is not becomes
  // U+FFFD. O(n log n) in the length of `text`.
  Encoding Encode(absl::string_view text) const;

  int model_max_length() const { return model_max_length_; }
  int64_t largest_id() const { return largest_id_; }

 private:
  ClipTokenizer(const ClipTokenizerSetup& setup, BytePairEncoder encoder);

  void AppendRaw(absl::string_view text, std::vector<int64_t>& ids) const;
  void AppendNormalized(absl::string_view text, std::vector<int64_t>& ids) const;

  BytePairEncoder encoder_;
  std::vector<AddedToken> raw_tokens_;         // looked for in the text as it came; longest first
  std::vector<AddedToken> normalized_tokens_;  // looked for after normalization; longest first
  int64_t bos_id_;
  int64_t eos_id_;
  int64_t pad_id_;
  int64_t largest_id_ = 0;
  int model_max_length_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_CLIP_TOKENIZER_H_
