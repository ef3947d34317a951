// What one decision of the batch policy needs of the cost model, looked up once a key.

#ifndef STROBE_SERVER_BATCHING_KEY_COSTS_H_
#define STROBE_SERVER_BATCHING_KEY_COSTS_H_

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/batching/cost_model.h"
#include "server/batching/instant.h"

namespace strobe::server {

// Durations of the stages.
struct StageTimes {
  Nanos encode = 0;
  Nanos denoise = 0;
  Nanos decode = 0;
};

// Of some samples together, in batches that are worth making.
struct BatchTimes {
  StageTimes mean;
  StageTimes best;
};

struct KeyCosts {
  BatchTimes solo;  // of one sample
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
      keys_.push_back({Predict(key, 1), ToNanos(costs_.Predict(Stage::kDenoise, key, full)), key});
    }
    return entry->second;
  }

  size_t size() const { return keys_.size(); }
  const KeyCosts& operator[](int index) const { return keys_[index]; }

  // Of `count` samples of the key at `index`.
  const BatchTimes& Together(int index, int count) {
    if (count == 1) return keys_[index].solo;
    const auto [entry, is_new] = together_.try_emplace({index, count});
    if (is_new) entry->second = Predict(keys_[index].key, count);
    return entry->second;
  }

 private:
  BatchTimes Predict(const BatchKey& key, int count) const {
    return {Predict(key, count, CostBasis::kMean), Predict(key, count, CostBasis::kBest)};
  }
  StageTimes Predict(const BatchKey& key, int count, CostBasis basis) const {
    const auto of = [&](Stage stage) {
      return ToNanos(count == 1 ? costs_.Predict(stage, key, 1, basis)
                                : costs_.PredictAll(stage, key, count, max_batch_size_, basis));
    };
    return {of(Stage::kEncodePrompt), of(Stage::kDenoise), of(Stage::kDecode)};
  }

  const CostModel& costs_;
  const int max_batch_size_;
  std::vector<KeyCosts> keys_;
  absl::flat_hash_map<BatchKey, int> index_of_key_;
  absl::flat_hash_map<std::pair<int, int>, BatchTimes> together_;  // by index and count
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_KEY_COSTS_H_
