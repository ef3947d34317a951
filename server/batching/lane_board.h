// What every lane runs at this moment.

#ifndef STROBE_SERVER_BATCHING_LANE_BOARD_H_
#define STROBE_SERVER_BATCHING_LANE_BOARD_H_

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/stage.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// A batch that a lane has begun.
struct RunningBatch {
  Stage stage = Stage::kEncodePrompt;
  BatchKey key;
  int batch_size = 0;
  std::vector<WaitingSample> members;               // as they will wait for their next stage
  std::array<absl::Duration, kPriorityCount> work;  // until its samples are done, by their priority
  absl::Time start;
  absl::Duration expected;                          // predicted
  double speed = 1;                                 // of its device, relative to the fastest one
  absl::Duration limit = absl::InfiniteDuration();  // beyond it, it counts as hung
};

// A lane is named by its index, in the order of AddLane. Pure. Not thread-safe.
class LaneBoard {
 public:
  // Returns the lane's index.
  int AddLane(int device) {
    lanes_.push_back({device, std::nullopt});
    return lanes() - 1;
  }
  int lanes() const { return static_cast<int>(lanes_.size()); }
  int device(int lane) const { return lanes_[lane].device; }

  void Begin(int lane, RunningBatch batch) { lanes_[lane].batch = std::move(batch); }
  void End(int lane) { lanes_[lane].batch.reset(); }

  // Lanes of `device`, or of all devices, that run nothing.
  int FreeLanes(std::optional<int> device = std::nullopt) const {
    int free = 0;
    for (const Lane& lane : lanes_) {
      free += !lane.batch.has_value() && (!device.has_value() || lane.device == *device);
    }
    return free;
  }

  int running_samples() const {
    int samples = 0;
    for (const Lane& lane : lanes_) samples += lane.batch.has_value() ? lane.batch->batch_size : 0;
    return samples;
  }

  // Predicted device time of the samples of `priority` that run, until they are done.
  absl::Duration running_work(Priority priority) const {
    absl::Duration work;
    for (const Lane& lane : lanes_) {
      if (lane.batch.has_value()) work += lane.batch->work[static_cast<int>(priority)];
    }
    return work;
  }

  // Predicted time until what runs has ended, of all lanes together; in that time the fastest
  // device would do as much.
  absl::Duration rest_of_stages(absl::Time now) const {
    absl::Duration rest;
    for (const Lane& lane : lanes_) {
      if (!lane.batch.has_value()) continue;
      rest += std::max(absl::ZeroDuration(), lane.batch->start + lane.batch->expected - now) *
              lane.batch->speed;
    }
    return rest;
  }

  // What runs, as it will wait for its next stage.
  std::vector<WaitingSample> running() const {
    std::vector<WaitingSample> samples;
    for (const Lane& lane : lanes_) {
      if (!lane.batch.has_value()) continue;
      samples.insert(samples.end(), lane.batch->members.begin(), lane.batch->members.end());
    }
    return samples;
  }

  // Of a batch that runs; none: nullopt.
  std::optional<BatchKey> AnyKey() const {
    for (const Lane& lane : lanes_) {
      if (lane.batch.has_value()) return lane.batch->key;
    }
    return std::nullopt;
  }

  // A batch that has run for longer than its limit; none: nullopt.
  std::optional<RunningBatch> Overdue(absl::Time now) const {
    for (const Lane& lane : lanes_) {
      if (lane.batch.has_value() && now - lane.batch->start > lane.batch->limit) return lane.batch;
    }
    return std::nullopt;
  }

 private:
  struct Lane {
    int device;
    std::optional<RunningBatch> batch;
  };

  std::vector<Lane> lanes_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_LANE_BOARD_H_
