// Remembers prompt embeddings, so that a repeated prompt skips the text encoder.

#ifndef STROBE_SERVER_ENGINE_PROMPT_CACHE_H_
#define STROBE_SERVER_ENGINE_PROMPT_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/models/model_key.h"

namespace strobe::server {

// Everything that determines the embeddings of a sample.
struct PromptKey {
  ModelKey model;
  std::string prompt;
  std::string negative_prompt;  // empty without guidance: it changes nothing then
  bool guidance = false;        // classifier-free guidance, which needs the negative embeddings

  friend bool operator==(const PromptKey& a, const PromptKey& b) = default;

  template <typename H>
  friend H AbslHashValue(H h, const PromptKey& key) {
    return H::combine(std::move(h), key.model, key.prompt, key.negative_prompt, key.guidance);
  }

  // Bytes that the key itself holds.
  size_t bytes() const { return sizeof(PromptKey) + prompt.size() + negative_prompt.size(); }
};

// A map from prompts to values that holds at most `capacity_bytes` of keys and values and forgets
// what was not used for the longest time first. It refuses a value larger than the whole capacity
// (0: it keeps nothing). Not thread-safe.
template <typename Value>
class PromptCache {
 public:
  explicit PromptCache(size_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  // The value of `key`, which becomes the most recently used one; null when there is none. Valid
  // until the next Insert.
  const Value* Find(const PromptKey& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  // Keeps `value`, which counts for `value_bytes`; it replaces an older value of the same key.
  void Insert(const PromptKey& key, Value value, size_t value_bytes) {
    Erase(key);
    const size_t bytes = value_bytes + 2 * key.bytes();  // the list and the index both hold the key
    if (bytes > capacity_bytes_) return;
    while (bytes_ + bytes > capacity_bytes_) Erase(entries_.back().key);
    entries_.push_front(Entry{key, std::move(value), bytes});
    index_.emplace(key, entries_.begin());
    bytes_ += bytes;
  }

  size_t bytes() const { return bytes_; }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    PromptKey key;
    Value value;
    size_t bytes;
  };

  // By value: the key may be the entry's own.
  void Erase(PromptKey key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    bytes_ -= found->second->bytes;
    entries_.erase(found->second);
    index_.erase(found);
  }

  const size_t capacity_bytes_;
  size_t bytes_ = 0;
  std::list<Entry> entries_;  // most recently used first
  absl::flat_hash_map<PromptKey, typename std::list<Entry>::iterator> index_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_PROMPT_CACHE_H_
