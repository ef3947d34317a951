#include "server/batching/costs/memory_limits.h"

#include <algorithm>

namespace strobe::server {
namespace {

constexpr absl::Duration kFirstHold = absl::Minutes(1);
constexpr absl::Duration kLongestHold = absl::Hours(1);
constexpr int kMaxLoneFailures = 3;

}  // namespace

bool MemoryLimits::DidNotFit(Stage stage, const BatchKey& key, int batch_size, absl::Time now) {
  Limit& limit = limits_[stage][key];
  const bool known = limit.cap > 0;
  limit.cap = std::max(1, std::min(batch_size / 2, Cap(stage, key, batch_size, now)));
  limit.since = now;
  limit.hold = known ? std::min(limit.hold * 2, kLongestHold) : kFirstHold;
  if (batch_size == 1 && limit.has_fitted) ++lone_failures_;
  return lone_failures_ >= kMaxLoneFailures;
}

void MemoryLimits::Fitted(Stage stage, const BatchKey& key) {
  limits_[stage][key].has_fitted = true;
  lone_failures_ = 0;
}

int MemoryLimits::Cap(Stage stage, const BatchKey& key, int max_batch_size, absl::Time now) const {
  const Limits& limits = limits_[stage];
  const auto found = limits.find(key);
  if (found == limits.end() || found->second.cap == 0) return max_batch_size;
  const Limit& limit = found->second;
  int cap = limit.cap;
  for (absl::Time due = limit.since + limit.hold; due <= now && cap < max_batch_size;
       due += limit.hold) {
    cap *= 2;
  }
  return std::min(cap, max_batch_size);
}

}  // namespace strobe::server
