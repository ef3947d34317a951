// CLIP's byte-level BPE tokenizer, as transformers' fast tokenizer computes it.

#ifndef STROBE_MODEL_TEXT_CLIP_TOKENIZER_H_
#define STROBE_MODEL_TEXT_CLIP_TOKENIZER_H_

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// Immutable after creation and thread-safe. Pure: no files, no tensors.
class ClipTokenizer {
 public:
  // The texts of the files of a `tokenizer` folder; an absent file is an empty string. The vocabulary
  // and merges are required; the special tokens map beats the tokenizer config for the pad token.
  struct Files {
    std::string vocab_json;
    std::string merges_txt;
    std::string special_tokens_map_json;
    std::string tokenizer_config_json;
  };

  struct Encoding {
    std::vector<int64_t> input_ids;  // exactly `model_max_length`, padded
    bool truncated = false;          // the prompt had more tokens than fit
  };

  // INVALID_ARGUMENT names the file and what is wrong with it.
  static absl::StatusOr<ClipTokenizer> Create(const Files& files);

  // NFC, white space runs to one space, lower case, split, bytes, BPE by rank; start and end token
  // around it, cut and padded to `model_max_length`. `text` must be valid UTF-8.
  Encoding Encode(absl::string_view text) const;

  int model_max_length() const { return model_max_length_; }

 private:
  ClipTokenizer() = default;
  // Members are the implementation's.
  std::unordered_map<std::string, int64_t> vocab_;
  std::map<std::pair<std::string, std::string>, int> merge_ranks_;
  std::vector<std::pair<std::string, int64_t>> special_tokens_;
  int64_t bos_id_ = 0;
  int64_t eos_id_ = 0;
  int64_t pad_id_ = 0;
  int64_t unknown_id_ = 0;
  int model_max_length_ = 77;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_TOKENIZER_H_
