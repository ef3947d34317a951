// What one decision of the batch policy needs of the cost model, looked up once a key.

#ifndef STROBE_SERVER_BATCHING_KEY_COSTS_H_
#define STROBE_SERVER_BATCHING_KEY_COSTS_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/batching/cost_model.h"
#include "server/batching/instant.h"

namespace strobe::server {

// Durations of the stages for a batch of one.
struct SoloCosts {
  Nanos encode;
  Nanos denoise;
  Nanos decode;
};

struct KeyCosts {
  SoloCosts mean;
  SoloCosts best;
  Nanos full_step;  // one denoising step of the largest batch that is worth making
  BatchKey key;
};

// The costs of every key that was asked for. Lives as long as its arguments; not thread-safe.
class KeyCostTable {
 public:
  KeyCostTable(const CostModel& costs, int max_batch_size)
      : costs_(costs), max_batch_size_(max_batch_size) {}

  // Where the costs of `key` stand.
  int IndexOf(const BatchKey& key) {
    // Faster than a hash, and there are seldom more.
    constexpr int kFew = 8;
    const int few = std::min(kFew, static_cast<int>(keys_.size()));
    for (int i = 0; i < few; ++i) {
      if (keys_[i].key == key) return i;
    }
    const auto [entry, is_new] = index_of_key_.try_emplace(key, static_cast<int>(keys_.size()));
    if (is_new) {
      const int full = costs_.BatchCap(Stage::kDenoise, key, max_batch_size_);
      keys_.push_back({Predict(key, CostBasis::kMean), Predict(key, CostBasis::kBest),
                       ToNanos(costs_.Predict(Stage::kDenoise, key, full)), key});
    }
    return entry->second;
  }

  size_t size() const { return keys_.size(); }
  const KeyCosts& operator[](int index) const { return keys_[index]; }

 private:
  SoloCosts Predict(const BatchKey& key, CostBasis basis) const {
    return {ToNanos(costs_.Predict(Stage::kEncodePrompt, key, 1, basis)),
            ToNanos(costs_.Predict(Stage::kDenoise, key, 1, basis)),
            ToNanos(costs_.Predict(Stage::kDecode, key, 1, basis))};
  }

  const CostModel& costs_;
  const int max_batch_size_;
  std::vector<KeyCosts> keys_;
  absl::flat_hash_map<BatchKey, int> index_of_key_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_KEY_COSTS_H_
