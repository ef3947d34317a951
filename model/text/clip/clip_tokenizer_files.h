// The files of a `tokenizer` folder, read the way transformers' CLIPTokenizer reads them.

#ifndef STROBE_MODEL_TEXT_CLIP_CLIP_TOKENIZER_FILES_H_
#define STROBE_MODEL_TEXT_CLIP_CLIP_TOKENIZER_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/text/clip/byte_pair_encoder.h"

namespace strobe::model {

// The texts of the files; an absent file is an empty string. The vocabulary and the merges come
// from tokenizer.json if it is there, as transformers has it, and otherwise from the other two.
struct ClipTokenizerFiles {
  std::string vocab_json;
  std::string merges_txt;
  std::string special_tokens_map_json;
  std::string tokenizer_config_json;
  std::string tokenizer_json;
};

// A token that is recognised in the text itself before anything is split.
struct AddedToken {
  std::string content;
  int64_t id = 0;
  bool normalized = false;  // looked for in the normalized text, and so in any case of letters
};

struct ClipTokenizerSetup {
  TokenIds vocab;
  MergeList merges;
  std::vector<AddedToken> added_tokens;  // contents are distinct and not empty
  int64_t bos_id = 0;
  int64_t eos_id = 0;
  int64_t unknown_id = 0;
  int64_t pad_id = 0;
  int model_max_length = 77;
};

// Which file wins: `added_tokens_decoder` of the tokenizer config, where it exists, makes the
// special tokens map unread; otherwise the map beats the config. INVALID_ARGUMENT names the file.
absl::StatusOr<ClipTokenizerSetup> ParseClipTokenizerFiles(const ClipTokenizerFiles& files);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_CLIP_TOKENIZER_FILES_H_
