#include "model/pipeline/graph_buckets.h"

#include <algorithm>
#include <bit>

namespace strobe::model {

int64_t GraphBucket(int64_t rows, int64_t max_samples) {
  const int64_t most = rows <= max_samples ? max_samples : 2 * max_samples;
  return std::min(static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(rows))), most);
}

GraphLedger::Way GraphLedger::WayOf(const GraphKey& key) const {
  const auto known = captured_.find(key);
  if (known != captured_.end()) return known->second ? Way::kReplay : Way::kEager;
  return captured_.size() < max_entries_ ? Way::kCapture : Way::kEager;
}

}  // namespace strobe::model
