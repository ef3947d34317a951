#include "model/text/clip/byte_pair_encoder.h"

#include <queue>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr char kEndOfWord[] = "</w>";

// GPT-2's table: a printable Latin-1 byte stands for itself, the others follow from U+0100 on.
std::array<std::string, 256> ByteSymbols() {
  std::array<std::string, 256> symbols;
  int next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    const int code = printable ? byte : next++;
    if (code < 0x80) {
      symbols[byte] = std::string(1, static_cast<char>(code));
    } else {
      symbols[byte] = {static_cast<char>(0xC0 | code >> 6),
                       static_cast<char>(0x80 | (code & 0x3F))};
    }
  }
  return symbols;
}

int64_t IdOf(const TokenIds& vocab, const std::string& token, int64_t otherwise) {
  const auto found = vocab.find(token);
  return found == vocab.end() ? otherwise : found->second;
}

// The order in which merges are made: rank, then place.
struct Candidate {
  int rank;
  int position;
  int64_t merged_id;

  bool operator>(const Candidate& other) const {
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

}  // namespace

absl::StatusOr<BytePairEncoder> BytePairEncoder::Create(const TokenIds& vocab,
                                                        const MergeList& merges,
                                                        int64_t unknown_id) {
  BytePairEncoder encoder;
  const std::array<std::string, 256> symbols = ByteSymbols();
  for (int byte = 0; byte < 256; ++byte) {
    encoder.byte_ids_[byte] = IdOf(vocab, symbols[byte], unknown_id);
    encoder.last_byte_ids_[byte] = IdOf(vocab, symbols[byte] + kEndOfWord, unknown_id);
  }
  int rank = 0;
  for (const auto& [left, right] : merges) {
    const int64_t left_id = IdOf(vocab, left, -1);
    const int64_t right_id = IdOf(vocab, right, -1);
    const int64_t merged_id = IdOf(vocab, left + right, -1);
    if (left_id < 0 || right_id < 0 || merged_id < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("the merge '", left, " ", right, "' is not covered by the vocabulary"));
    }
    encoder.merges_[{left_id, right_id}] = {rank++, merged_id};
  }
  return encoder;
}

void BytePairEncoder::Encode(absl::string_view word, std::vector<int64_t>& ids) const {
  std::vector<Symbol> symbols = Spell(word);
  const auto merge_at = [&](int position) {
    if (position < 0 || symbols[position].gone || symbols[position].next < 0) return merges_.end();
    return merges_.find({symbols[position].id, symbols[symbols[position].next].id});
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto enqueue = [&](int position) {
    const auto merge = merge_at(position);
    if (merge != merges_.end()) queue.push({merge->second.rank, position, merge->second.id});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) enqueue(static_cast<int>(i));

  while (!queue.empty()) {
    const Candidate candidate = queue.top();
    queue.pop();
    const auto merge = merge_at(candidate.position);
    // A neighbour was merged since the candidate was found.
    if (merge == merges_.end() || merge->second.id != candidate.merged_id) continue;
    Symbol& left = symbols[candidate.position];
    Symbol& right = symbols[left.next];
    left.id = candidate.merged_id;
    left.next = right.next;
    right.gone = true;
    if (left.next >= 0) symbols[left.next].previous = candidate.position;
    enqueue(left.previous);
    enqueue(candidate.position);
  }
  for (const Symbol& symbol : symbols) {
    if (!symbol.gone) ids.push_back(symbol.id);
  }
}

std::vector<BytePairEncoder::Symbol> BytePairEncoder::Spell(absl::string_view word) const {
  const int size = static_cast<int>(word.size());
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  for (int i = 0; i < size; ++i) {
    const bool last = i + 1 == size;
    const auto byte = static_cast<unsigned char>(word[i]);
    symbols.push_back({(last ? last_byte_ids_ : byte_ids_)[byte], i - 1, last ? -1 : i + 1});
  }
  return symbols;
}

}  // namespace strobe::model
