// Byte-level BPE over one word.

#ifndef STROBE_MODEL_TEXT_CLIP_BYTE_PAIR_ENCODER_H_
#define STROBE_MODEL_TEXT_CLIP_BYTE_PAIR_ENCODER_H_

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

using TokenIds = std::unordered_map<std::string, int64_t>;
using MergeList = std::vector<std::pair<std::string, std::string>>;

// Each byte of a word is a symbol, spelled by GPT-2's printable stand-in; the last one carries
// "</w>". Neighbours are merged in the order of the merge list, leftmost first, until none is left.
// A byte whose symbol is not in the vocabulary is the unknown token. Immutable and thread-safe.
class BytePairEncoder {
 public:
  // INVALID_ARGUMENT: a merge whose parts or result are not in the vocabulary.
  static absl::StatusOr<BytePairEncoder> Create(const TokenIds& vocab, const MergeList& merges,
                                                int64_t unknown_id);

  // Appends the ids of `word`, any bytes, to `ids`. O(n log n) in the word's length.
  void Encode(absl::string_view word, std::vector<int64_t>& ids) const;

 private:
  struct Merge {
    int rank;
    int64_t id;  // of the merged symbol
  };
  struct PairHash {
    std::size_t operator()(const std::pair<int64_t, int64_t>& pair) const {
      return std::hash<int64_t>()(pair.first * 0x9E3779B97F4A7C15 + pair.second);
    }
  };

  // A symbol of the word being merged; `next` and `previous` are indices, -1 at the ends.
  struct Symbol {
    int64_t id;
    int previous;
    int next;
    bool gone = false;
  };

  BytePairEncoder() = default;

  std::vector<Symbol> Spell(absl::string_view word) const;

  std::array<int64_t, 256> byte_ids_{};       // inside a word
  std::array<int64_t, 256> last_byte_ids_{};  // with "</w>"
  std::unordered_map<std::pair<int64_t, int64_t>, Merge, PairHash> merges_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TEXT_CLIP_BYTE_PAIR_ENCODER_H_
