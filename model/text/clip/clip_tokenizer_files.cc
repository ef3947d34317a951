#include "model/text/clip/clip_tokenizer_files.h"

#include <map>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr int kMinLength = 3;  // start, one token, end
constexpr int kMaxLength = 8192;

// In the order in which transformers adds them; of two spellings of a token the later one counts.
constexpr const char* kNamedTokens[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                        "pad_token", "cls_token", "mask_token"};

absl::Status FileError(absl::string_view file, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", what));
}

// The object in `text`; an absent (empty) file is an empty object.
absl::StatusOr<json> ParseObject(absl::string_view file, const std::string& text) {
  if (text.empty()) return json::object();
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return FileError(file, "not a JSON object");
  return value;
}

absl::StatusOr<TokenIds> ParseVocab(absl::string_view file, const json& vocab) {
  TokenIds ids;
  if (!vocab.is_object()) return FileError(file, "the vocabulary is not a JSON object");
  for (const auto& [token, id] : vocab.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX) {
      return FileError(file, absl::StrCat("'", token, "' has no valid id"));
    }
    ids[token] = id.get<int64_t>();
  }
  if (ids.empty()) return FileError(file, "the vocabulary is missing or empty");
  return ids;
}

absl::Status AppendMerge(absl::string_view file, absl::string_view line, MergeList& merges) {
  const std::vector<std::string> parts = absl::StrSplit(line, ' ');
  if (parts.size() != 2) return FileError(file, absl::StrCat("bad merge '", line, "'"));
  merges.emplace_back(parts[0], parts[1]);
  return absl::OkStatus();
}

absl::StatusOr<MergeList> ParseMergesText(const std::string& text) {
  if (text.empty()) return FileError("merges.txt", "missing or empty");
  MergeList merges;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripSuffix(line, "\r");
    if (line.empty() || absl::StartsWith(line, "#version")) continue;
    STROBE_RETURN_IF_ERROR(AppendMerge("merges.txt", line, merges));
  }
  return merges;
}

// Merges of tokenizer.json: "a b" or ["a", "b"].
absl::StatusOr<MergeList> ParseMergesJson(const json& list) {
  constexpr char kFile[] = "tokenizer.json";
  if (!list.is_array()) return FileError(kFile, "model.merges is not a list");
  MergeList merges;
  for (const json& merge : list) {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
      continue;
    }
    if (!merge.is_string()) return FileError(kFile, "model.merges has an entry that is no merge");
    STROBE_RETURN_IF_ERROR(AppendMerge(kFile, merge.get<std::string>(), merges));
  }
  return merges;
}

absl::Status ReadVocabAndMerges(const ClipTokenizerFiles& files, const json& tokenizer,
                                ClipTokenizerSetup& setup) {
  if (!tokenizer.empty()) {
    const json model = tokenizer.value("model", json());
    if (!model.is_object()) return FileError("tokenizer.json", "has no model");
    STROBE_ASSIGN_OR_RETURN(setup.vocab,
                            ParseVocab("tokenizer.json", model.value("vocab", json())));
    STROBE_ASSIGN_OR_RETURN(setup.merges, ParseMergesJson(model.value("merges", json())));
  } else {
    STROBE_ASSIGN_OR_RETURN(const json vocab_json, ParseObject("vocab.json", files.vocab_json));
    STROBE_ASSIGN_OR_RETURN(setup.vocab, ParseVocab("vocab.json", vocab_json));
    STROBE_ASSIGN_OR_RETURN(setup.merges, ParseMergesText(files.merges_txt));
  }
  return absl::OkStatus();
}

// A token as a config spells it: "x", or {"content": "x", "normalized": true, ...}.
absl::StatusOr<AddedToken> ParseToken(absl::string_view file, const json& value) {
  AddedToken token;
  if (value.is_string()) {
    token.content = value.get<std::string>();
  } else if (value.is_object() && value.contains("content") && value["content"].is_string()) {
    token.content = value["content"].get<std::string>();
    const auto flag = [&value](const char* name) {
      const auto found = value.find(name);
      return found != value.end() && found->is_boolean() && found->get<bool>();
    };
    token.normalized = flag("normalized");
    if (flag("single_word")) {
      return FileError(file, absl::StrCat("'", token.content, "': single_word is not supported"));
    }
  }
  if (token.content.empty()) return FileError(file, "a special token has no text");
  return token;
}

// The tokens by content while the files are merged.
class AddedTokens {
 public:
  explicit AddedTokens(const TokenIds& vocab) : vocab_(vocab) {}

  // `id` is the files'; absent: the vocabulary's.
  absl::Status Add(absl::string_view file, AddedToken token, std::optional<int64_t> id) {
    const auto known = vocab_.find(token.content);
    if (known == vocab_.end() && !id.has_value()) {
      return FileError(file, absl::StrCat("'", token.content, "' is not in the vocabulary"));
    }
    token.id = known == vocab_.end() ? *id : known->second;
    tokens_[token.content] = std::move(token);
    return absl::OkStatus();
  }

  const AddedToken* Find(const std::string& content) const {
    const auto found = tokens_.find(content);
    return found == tokens_.end() ? nullptr : &found->second;
  }

  std::vector<AddedToken> All() const {
    std::vector<AddedToken> all;
    for (const auto& [content, token] : tokens_) all.push_back(token);
    return all;
  }

 private:
  const TokenIds& vocab_;
  std::map<std::string, AddedToken> tokens_;
};

// {"49406": {"content": ...}, ...} of the tokenizer config.
absl::Status AddDecoder(const json& decoder, AddedTokens& added) {
  constexpr char kFile[] = "tokenizer_config.json";
  for (const auto& [key, value] : decoder.items()) {
    int32_t id = 0;
    if (!absl::SimpleAtoi(key, &id) || id < 0) {
      return FileError(kFile, absl::StrCat("added_tokens_decoder has the bad id '", key, "'"));
    }
    STROBE_ASSIGN_OR_RETURN(AddedToken token, ParseToken(kFile, value));
    STROBE_RETURN_IF_ERROR(added.Add(kFile, std::move(token), id));
  }
  return absl::OkStatus();
}

// [{"id": 49406, "content": ...}, ...] of tokenizer.json.
absl::Status AddList(const json& list, AddedTokens& added) {
  constexpr char kFile[] = "tokenizer.json";
  for (const json& value : list) {
    STROBE_ASSIGN_OR_RETURN(AddedToken token, ParseToken(kFile, value));
    if (!value.is_object() || !value.contains("id") || !value["id"].is_number_unsigned() ||
        value["id"].get<uint64_t>() > INT32_MAX) {
      return FileError(kFile, absl::StrCat("'", token.content, "' has no valid id"));
    }
    STROBE_RETURN_IF_ERROR(added.Add(kFile, std::move(token), value["id"].get<int64_t>()));
  }
  return absl::OkStatus();
}

// Adds the tokens that the files list, and returns the named ones: {"pad_token": "!", ...}.
absl::StatusOr<json> ReadListedTokens(const ClipTokenizerFiles& files, const json& config,
                                      const json& tokenizer, AddedTokens& added) {
  json named = {{"bos_token", "<|startoftext|>"},
                {"eos_token", "<|endoftext|>"},
                {"unk_token", "<|endoftext|>"},
                {"pad_token", "<|endoftext|>"}};
  named.update(config);
  if (const json decoder = config.value("added_tokens_decoder", json()); decoder.is_object()) {
    STROBE_RETURN_IF_ERROR(AddDecoder(decoder, added));
  } else {
    STROBE_ASSIGN_OR_RETURN(const json map,
                            ParseObject("special_tokens_map.json", files.special_tokens_map_json));
    named.update(map);
    STROBE_RETURN_IF_ERROR(AddList(tokenizer.value("added_tokens", json::array()), added));
  }
  return named;
}

absl::Status ReadSpecialTokens(const ClipTokenizerFiles& files, const json& config,
                               const json& tokenizer, ClipTokenizerSetup& setup) {
  AddedTokens added(setup.vocab);
  STROBE_ASSIGN_OR_RETURN(const json named, ReadListedTokens(files, config, tokenizer, added));

  const AddedTokens listed = added;  // they keep their spelling
  std::map<std::string, int64_t> ids;
  for (const char* name : kNamedTokens) {
    const json value = named.value(name, json());
    if (value.is_null()) continue;
    STROBE_ASSIGN_OR_RETURN(AddedToken token, ParseToken(name, value));
    const std::string content = token.content;
    if (listed.Find(content) == nullptr) {
      STROBE_RETURN_IF_ERROR(added.Add(name, std::move(token), std::nullopt));
    }
    ids[name] = added.Find(content)->id;
  }
  for (const char* name : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
    if (ids.count(name) == 0) return FileError("tokenizer_config.json", absl::StrCat("no ", name));
  }
  setup.added_tokens = added.All();
  setup.bos_id = ids["bos_token"];
  setup.eos_id = ids["eos_token"];
  setup.unknown_id = ids["unk_token"];
  setup.pad_id = ids["pad_token"];
  return absl::OkStatus();
}

absl::Status ReadLimits(const json& config, ClipTokenizerSetup& setup) {
  constexpr char kFile[] = "tokenizer_config.json";
  if (config.contains("padding_side") && config["padding_side"] != "right") {
    return FileError(kFile, "padding_side must be 'right'");
  }
  const auto length = config.find("model_max_length");
  if (length == config.end() || length->is_null()) return absl::OkStatus();
  if (!length->is_number() || !(length->get<double>() >= kMinLength) ||
      !(length->get<double>() <= kMaxLength)) {
    return FileError(
        kFile, absl::StrCat("model_max_length must be between ", kMinLength, " and ", kMaxLength));
  }
  setup.model_max_length = length->get<int>();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClipTokenizerSetup> ParseClipTokenizerFiles(const ClipTokenizerFiles& files) {
  STROBE_ASSIGN_OR_RETURN(const json config,
                          ParseObject("tokenizer_config.json", files.tokenizer_config_json));
  STROBE_ASSIGN_OR_RETURN(const json tokenizer,
                          ParseObject("tokenizer.json", files.tokenizer_json));
  ClipTokenizerSetup setup;
  STROBE_RETURN_IF_ERROR(ReadVocabAndMerges(files, tokenizer, setup));
  STROBE_RETURN_IF_ERROR(ReadSpecialTokens(files, config, tokenizer, setup));
  STROBE_RETURN_IF_ERROR(ReadLimits(config, setup));
  return setup;
}

}  // namespace strobe::model
