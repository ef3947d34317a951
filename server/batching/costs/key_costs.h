// What one decision of the batch policy needs of the cost model, looked up once a key.

#ifndef STROBE_SERVER_BATCHING_COSTS_KEY_COSTS_H_
#define STROBE_SERVER_BATCHING_COSTS_KEY_COSTS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/container/flat_hash_map.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/instant.h"

namespace strobe::server {

// Of some samples together, in batches that are worth making: each stage once.
struct BatchTimes {
  PerStage<Nanos> mean;
  PerStage<Nanos> best;
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
  ABSL_ATTRIBUTE_ALWAYS_INLINE int IndexOf(const BatchKey& key) {
    // Faster than a hash, and there are seldom more.
    const int few = std::min(kFew, static_cast<int>(keys_.size()));
    for (int i = 0; i < few; ++i) {
      if (few_[i] == key) return i;
    }
    return FindOrAdd(key);
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
  static constexpr int kFew = 8;

  int FindOrAdd(const BatchKey& key) {
    const auto [entry, is_new] = index_of_key_.try_emplace(key, static_cast<int>(keys_.size()));
    if (is_new) {
      const int full = costs_.BatchCap(Stage::kDenoise, key, max_batch_size_);
      if (keys_.size() < few_.size()) few_[keys_.size()] = key;
      keys_.push_back({Predict(key, 1), ToNanos(costs_.Predict(Stage::kDenoise, key, full)), key});
    }
    return entry->second;
  }
  BatchTimes Predict(const BatchKey& key, int count) const {
    return {Predict(key, count, CostBasis::kMean), Predict(key, count, CostBasis::kBest)};
  }
  PerStage<Nanos> Predict(const BatchKey& key, int count, CostBasis basis) const {
    PerStage<Nanos> times;
    for (const Stage stage : model::kAllStages) {
      times[stage] =
          ToNanos(count == 1 ? costs_.Predict(stage, key, 1, basis)
                             : costs_.PredictAll(stage, key, count, max_batch_size_, basis));
    }
    return times;
  }

  const CostModel& costs_;
  const int max_batch_size_;
  std::vector<KeyCosts> keys_;
  std::array<BatchKey, kFew> few_;  // the first of keys_, side by side
  absl::flat_hash_map<BatchKey, int> index_of_key_;
  absl::flat_hash_map<std::pair<int, int>, BatchTimes> together_;  // by index and count
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_KEY_COSTS_H_
