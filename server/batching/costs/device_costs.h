// What stages cost on each device of a server.

#ifndef STROBE_SERVER_BATCHING_COSTS_DEVICE_COSTS_H_
#define STROBE_SERVER_BATCHING_COSTS_DEVICE_COSTS_H_

#include <cassert>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/costs/cost_model.h"

namespace strobe::server {

// A cost model for each device, as they may be unlike: what one learns says nothing of the others.
// Or one model for any number of devices that are alike. A plain value. Pure. Not thread-safe.
class DeviceCosts {
 public:
  // Devices that are alike.
  DeviceCosts() : DeviceCosts(CostModel()) {}
  explicit DeviceCosts(CostModel of_each) : by_device_{std::move(of_each)} {}
  // By device; not empty.
  explicit DeviceCosts(std::vector<CostModel> by_device) : by_device_(std::move(by_device)) {
    assert(!by_device_.empty());
  }

  bool alike() const { return by_device_.size() == 1; }
  CostModel& of(int device) { return by_device_[IndexOf(device)]; }
  const CostModel& of(int device) const { return by_device_[IndexOf(device)]; }
  // One that stands for all when they are alike.
  absl::Span<const CostModel> all() const { return by_device_; }

  // The device on which a sample like that takes the least time.
  int FastestFor(const BatchKey& key, const StagePlan& plan) const;

  // As those of CostModel, on the device where it is least.
  absl::Duration PredictTogether(const BatchKey& key, const StagePlan& plan, int count,
                                 int max_batch_size, CostBasis basis = CostBasis::kMean) const;
  absl::Duration PredictShare(Stage stage, const BatchKey& key) const;
  absl::Duration PredictAmortized(const BatchKey& key, const StagePlan& plan) const;

  // How much of a sample like that `device` does while the fastest one does a whole one: above 0,
  // at most 1. 1 where nothing is known.
  double RelativeSpeed(int device, const BatchKey& key, const StagePlan& plan) const;

 private:
  int IndexOf(int device) const {
    assert(device >= 0 && (alike() || device < static_cast<int>(by_device_.size())));
    return alike() ? 0 : device;
  }

  std::vector<CostModel> by_device_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_DEVICE_COSTS_H_
