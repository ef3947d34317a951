#include "model/training/data/tokenizer_training.h"

#include <cmath>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/text/clip/byte_pair_encoder.h"
#include "model/text/clip/clip_pre_tokenizer.h"

namespace strobe::model {
namespace {

constexpr char kStart[] = "<|startoftext|>";
constexpr char kEnd[] = "<|endoftext|>";
constexpr char kSplitPattern[] =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";

std::string Utf8(int code_point) {
  if (code_point < 0x80) return std::string(1, static_cast<char>(code_point));
  return {static_cast<char>(0xC0 | (code_point >> 6)),
          static_cast<char>(0x80 | (code_point & 0x3F))};
}

bool StandsForItself(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

// GPT-2's printable stand-in of each byte, and CLIP's order of them.
struct ByteSymbols {
  ByteSymbols() {
    symbol.resize(256);
    for (int byte = 0; byte < 256; ++byte) {
      if (StandsForItself(byte)) in_order.push_back(symbol[byte] = Utf8(byte));
    }
    int next = 256;
    for (int byte = 0; byte < 256; ++byte) {
      if (!StandsForItself(byte)) in_order.push_back(symbol[byte] = Utf8(next++));
    }
  }
  std::vector<std::string> symbol;
  std::vector<std::string> in_order;
};

struct Word {
  std::vector<std::string> symbols;
  double weight;
};

std::vector<Word> SpellWords(const WordCounts& words, const ByteSymbols& bytes) {
  std::vector<Word> spelled;
  for (const auto& [text, count] : words) {
    Word word{{}, 1.0 + std::pow(static_cast<double>(count), 0.3)};
    for (const char c : text) word.symbols.push_back(bytes.symbol[static_cast<unsigned char>(c)]);
    if (word.symbols.empty()) continue;
    word.symbols.back() += "</w>";
    spelled.push_back(std::move(word));
  }
  return spelled;
}

void ApplyMerge(const std::pair<std::string, std::string>& merge, std::vector<std::string>& word) {
  std::vector<std::string> merged;
  for (size_t i = 0; i < word.size(); ++i) {
    const bool fits = i + 1 < word.size() && word[i] == merge.first && word[i + 1] == merge.second;
    merged.push_back(fits ? word[i] + word[i + 1] : word[i]);
    if (fits) ++i;
  }
  word = std::move(merged);
}

MergeList LearnMerges(std::vector<Word> words, int max_merges) {
  MergeList merges;
  while (static_cast<int>(merges.size()) < max_merges) {
    std::map<std::pair<std::string, std::string>, double> weights;
    for (const Word& word : words) {
      for (size_t i = 0; i + 1 < word.symbols.size(); ++i) {
        weights[{word.symbols[i], word.symbols[i + 1]}] += word.weight;
      }
    }
    auto best = weights.begin();
    for (auto it = weights.begin(); it != weights.end(); ++it) {
      if (it->second > best->second) best = it;
    }
    if (best == weights.end()) break;
    merges.push_back(best->first);
    for (Word& word : words) ApplyMerge(merges.back(), word.symbols);
  }
  return merges;
}

nlohmann::json AddedTokenJson(int id, const char* content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

// The layout of the `tokenizers` library.
nlohmann::json TokenizerJson(const nlohmann::json& vocab, const MergeList& merges, int start_id,
                             int end_id) {
  using Json = nlohmann::json;
  const Json normalizers = {
      {{"type", "NFC"}},
      {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
      {{"type", "Lowercase"}}};
  const Json pre_tokenizers = {{{"type", "Split"},
                                {"pattern", {{"Regex", kSplitPattern}}},
                                {"behavior", "Removed"},
                                {"invert", true}},
                               {{"type", "ByteLevel"},
                                {"add_prefix_space", false},
                                {"trim_offsets", true},
                                {"use_regex", true}}};
  Json model = {{"type", "BPE"},          {"dropout", nullptr},
                {"unk_token", kEnd},      {"continuing_subword_prefix", ""},
                {"fuse_unk", false},      {"end_of_word_suffix", "</w>"},
                {"byte_fallback", false}, {"ignore_merges", false}};
  model["vocab"] = vocab;
  model["merges"] = Json::array();
  for (const auto& [left, right] : merges) model["merges"].push_back(Json::array({left, right}));
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens",
           Json::array({AddedTokenJson(start_id, kStart), AddedTokenJson(end_id, kEnd)})},
          {"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
          {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", pre_tokenizers}}},
          {"post_processor",
           {{"type", "RobertaProcessing"},
            {"sep", Json::array({kEnd, end_id})},
            {"cls", Json::array({kStart, start_id})},
            {"trim_offsets", false},
            {"add_prefix_space", false}}},
          {"decoder",
           {{"type", "ByteLevel"},
            {"add_prefix_space", true},
            {"trim_offsets", true},
            {"use_regex", true}}},
          {"model", std::move(model)}};
}

}  // namespace

void CountWords(const std::string& caption, WordCounts& counts) {
  const std::string normalized = NormalizeForClip(caption);
  for (const absl::string_view word : SplitForClip(normalized)) {
    ++counts[std::string(word)];
  }
}

ClipTokenizerFiles TrainTokenizer(const WordCounts& words, int max_length, int max_merges) {
  const ByteSymbols bytes;
  const MergeList merges = LearnMerges(SpellWords(words, bytes), max_merges);
  nlohmann::json vocab = nlohmann::json::object();
  int next_id = 0;
  for (const std::string& symbol : bytes.in_order) vocab[symbol] = next_id++;
  for (const std::string& symbol : bytes.in_order) vocab[symbol + "</w>"] = next_id++;
  std::string merges_text = "#version: 0.2\n";
  for (const auto& [left, right] : merges) {
    absl::StrAppend(&merges_text, left, " ", right, "\n");
    // Two ways to one symbol share its entry.
    if (!vocab.contains(left + right)) vocab[left + right] = next_id++;
  }
  const int start_id = next_id++;
  const int end_id = next_id++;
  vocab[kStart] = start_id;
  vocab[kEnd] = end_id;

  const nlohmann::json special = {
      {"bos_token", kStart}, {"eos_token", kEnd}, {"unk_token", kEnd}, {"pad_token", kEnd}};
  nlohmann::json config = special;
  config.update({{"model_max_length", max_length},
                 {"tokenizer_class", "CLIPTokenizer"},
                 {"add_prefix_space", false},
                 {"do_lower_case", true},
                 {"errors", "replace"}});
  ClipTokenizerFiles files;
  files.vocab_json = vocab.dump();
  files.merges_txt = merges_text;
  files.special_tokens_map_json = special.dump(2);
  files.tokenizer_config_json = config.dump(2);
  files.tokenizer_json = TokenizerJson(vocab, merges, start_id, end_id).dump();
  return files;
}

}  // namespace strobe::model
