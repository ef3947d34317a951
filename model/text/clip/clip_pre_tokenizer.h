// What CLIP's fast tokenizer does to a text before BPE: normalization and splitting into words.

#ifndef STROBE_MODEL_TEXT_CLIP_CLIP_PRE_TOKENIZER_H_
#define STROBE_MODEL_TEXT_CLIP_CLIP_PRE_TOKENIZER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace strobe::model {

// NFC, each run of Unicode white space to one space, then lower case character by character (a
// final sigma becomes a plain one). Invalid UTF-8 becomes U+FFFD. Linear in the text's length.
std::string NormalizeForClip(absl::string_view text);

// The words of a normalized text, as views of it: contractions ('s 't 're 've 'm 'll 'd), runs of
// letters, single number characters, runs of other characters; white space is dropped. The spelled
// out "<|startoftext|>" and "<|endoftext|>" are split by themselves: "<|", the word, "|>".
std::vector<absl::string_view> SplitForClip(absl::string_view normalized);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_CLIP_PRE_TOKENIZER_H_
