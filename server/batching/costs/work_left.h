// Device time that samples still take, predicted without a look at each of them.

#ifndef STROBE_SERVER_BATCHING_COSTS_WORK_LEFT_H_
#define STROBE_SERVER_BATCHING_COSTS_WORK_LEFT_H_

#include <cassert>
#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/device_costs.h"
#include "server/batching/costs/stage.h"

namespace strobe::server {

// The work of all samples that came and did not go. Not thread-safe.
class WorkTally {
 public:
  void Add(const BatchKey& key, const StagePlan& left) {
    Work& work = by_key_[key];
    ++work.samples;
    for (const Stage stage : model::kAllStages) work.calls[stage] += left.times(stage);
  }

  // `left` as it was when the sample came.
  void Remove(const BatchKey& key, const StagePlan& left) {
    const auto entry = by_key_.find(key);
    assert(entry != by_key_.end());
    Work& work = entry->second;
    for (const Stage stage : model::kAllStages) work.calls[stage] -= left.times(stage);
    if (--work.samples == 0) by_key_.erase(entry);
  }

  // Each on the device where it takes least. O(keys), whatever the number of samples.
  absl::Duration Predict(const DeviceCosts& costs) const {
    absl::Duration total;
    for (const auto& [key, work] : by_key_) {
      for (const Stage stage : model::kAllStages) {
        if (work.calls[stage] > 0) total += costs.PredictShare(stage, key) * work.calls[stage];
      }
    }
    return total;
  }

 private:
  struct Work {
    int samples = 0;
    PerStage<int64_t> calls;  // how often each stage is still to be run for them
  };

  std::map<BatchKey, Work> by_key_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_WORK_LEFT_H_
