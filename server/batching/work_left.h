// Device time that samples still take, predicted without a look at each of them.

#ifndef STROBE_SERVER_BATCHING_WORK_LEFT_H_
#define STROBE_SERVER_BATCHING_WORK_LEFT_H_

#include <map>

#include "absl/time/time.h"
#include "server/batching/cost_model.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// How often stages are still run for one sample, or for many.
struct WorkLeft {
  int encodes = 0;
  int steps = 0;
  int decodes = 0;
};

// Of a sample that waits for `stage`; the steps count only until it is denoised.
inline WorkLeft WorkLeftAt(Stage stage, int steps_left) {
  return {stage == Stage::kEncodePrompt, stage == Stage::kDecode ? 0 : steps_left, 1};
}

// Device time that a sample takes of each stage in the largest batch seen.
struct StageShares {
  absl::Duration encode;
  absl::Duration denoise;
  absl::Duration decode;
};

inline StageShares SharesOf(const BatchKey& key, const CostModel& costs) {
  return {costs.PredictShare(Stage::kEncodePrompt, key), costs.PredictShare(Stage::kDenoise, key),
          costs.PredictShare(Stage::kDecode, key)};
}

inline absl::Duration PredictWork(const WorkLeft& work, const StageShares& shares) {
  return shares.encode * work.encodes + shares.denoise * work.steps + shares.decode * work.decodes;
}

inline WorkLeft& operator+=(WorkLeft& sum, const WorkLeft& more) {
  sum.encodes += more.encodes;
  sum.steps += more.steps;
  sum.decodes += more.decodes;
  return sum;
}

// The work of all samples that came and did not go. Not thread-safe.
class WorkTally {
 public:
  void Add(const BatchKey& key, const WorkLeft& work) { by_key_[key] += work; }

  // `work` as it was when it came.
  void Remove(const BatchKey& key, const WorkLeft& work) {
    Add(key, {-work.encodes, -work.steps, -work.decodes});
    const auto sum = by_key_.find(key);
    if (sum->second.decodes == 0) by_key_.erase(sum);  // every sample is decoded once
  }

  // O(keys), whatever the number of samples.
  absl::Duration Predict(const CostModel& costs) const {
    absl::Duration total;
    for (const auto& [key, work] : by_key_) total += PredictWork(work, SharesOf(key, costs));
    return total;
  }

 private:
  std::map<BatchKey, WorkLeft> by_key_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_WORK_LEFT_H_
