#include "model/text/clip/clip_tokenizer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "model/text/clip/clip_pre_tokenizer.h"

namespace strobe::model {
namespace {

// The first of `tokens` (longest first) that `text` starts with; null: none.
const AddedToken* TokenAtStart(absl::string_view text, const std::vector<AddedToken>& tokens) {
  for (const AddedToken& token : tokens) {
    if (absl::StartsWith(text, token.content)) return &token;
  }
  return nullptr;
}

// Cuts `text` at `tokens`, leftmost and longest first: calls `on_text` for what is between them and
// appends their ids.
template <typename OnText>
void CutAtTokens(absl::string_view text, const std::vector<AddedToken>& tokens,
                 std::vector<int64_t>& ids, OnText on_text) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const AddedToken* token = TokenAtStart(text.substr(i), tokens);
    if (token == nullptr) {
      ++i;
      continue;
    }
    on_text(text.substr(begin, i - begin));
    ids.push_back(token->id);
    i += token->content.size();
    begin = i;
  }
  on_text(text.substr(begin));
}

}  // namespace

absl::StatusOr<ClipTokenizer> ClipTokenizer::Create(const Files& files) {
  STROBE_ASSIGN_OR_RETURN(const ClipTokenizerSetup setup, ParseClipTokenizerFiles(files));
  STROBE_ASSIGN_OR_RETURN(BytePairEncoder encoder,
                          BytePairEncoder::Create(setup.vocab, setup.merges, setup.unknown_id));
  return ClipTokenizer(setup, std::move(encoder));
}

ClipTokenizer::ClipTokenizer(const ClipTokenizerSetup& setup, BytePairEncoder encoder)
    : encoder_(std::move(encoder)),
      bos_id_(setup.bos_id),
      eos_id_(setup.eos_id),
      pad_id_(setup.pad_id),
      model_max_length_(setup.model_max_length) {
  for (const auto& [token, id] : setup.vocab) largest_id_ = std::max(largest_id_, id);
  for (AddedToken token : setup.added_tokens) {
    largest_id_ = std::max(largest_id_, token.id);
    if (token.normalized) token.content = NormalizeForClip(token.content);
    (token.normalized ? normalized_tokens_ : raw_tokens_).push_back(std::move(token));
  }
  for (std::vector<AddedToken>* tokens : {&raw_tokens_, &normalized_tokens_}) {
    std::sort(tokens->begin(), tokens->end(), [](const AddedToken& a, const AddedToken& b) {
      return a.content.size() > b.content.size();
    });
  }
}

ClipTokenizer::Encoding ClipTokenizer::Encode(absl::string_view text) const {
  std::vector<int64_t> words;
  AppendRaw(text, words);

  Encoding encoding;
  const std::size_t room = static_cast<std::size_t>(model_max_length_) - 2;
  encoding.truncated = words.size() > room;
  words.resize(std::min(words.size(), room));
  encoding.input_ids.reserve(model_max_length_);
  encoding.input_ids.push_back(bos_id_);
  encoding.input_ids.insert(encoding.input_ids.end(), words.begin(), words.end());
  encoding.input_ids.push_back(eos_id_);
  encoding.input_ids.resize(model_max_length_, pad_id_);
  return encoding;
}

void ClipTokenizer::AppendRaw(absl::string_view text, std::vector<int64_t>& ids) const {
  CutAtTokens(text, raw_tokens_, ids,
              [&](absl::string_view part) { AppendNormalized(NormalizeForClip(part), ids); });
}

void ClipTokenizer::AppendNormalized(absl::string_view text, std::vector<int64_t>& ids) const {
  CutAtTokens(text, normalized_tokens_, ids, [&](absl::string_view part) {
    for (absl::string_view word : SplitForClip(part)) encoder_.Encode(word, ids);
  });
}

}  // namespace strobe::model
