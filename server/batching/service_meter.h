// How much device time each flow has had, for fair shares. Pure.

#ifndef STROBE_SERVER_BATCHING_SERVICE_METER_H_
#define STROBE_SERVER_BATCHING_SERVICE_METER_H_

#include <algorithm>
#include <map>

#include "absl/time/time.h"

namespace strobe::server {

// A flow is a caller or a batch key that has samples in the queue. One that enters starts level
// with the least served present flow, so that idle time earns nothing (start-time fair queueing,
// Goyal, Vin and Cheng 1996); one without samples is forgotten. Memory is bounded by the samples.
// Not thread-safe.
template <typename Flow>
class ServiceMeter {
 public:
  // A sample of `flow` comes or goes for good. What Enter returns is its flow's device time, of
  // which only differences between present flows mean something; valid until the sample leaves.
  const absl::Duration* Enter(const Flow& flow) {
    const absl::Duration start = Least();
    const auto [entry, is_new] = flows_.try_emplace(flow);
    if (is_new) entry->second.service = start;
    ++entry->second.samples;
    return &entry->second.service;
  }
  void Leave(const Flow& flow) {
    const auto entry = flows_.find(flow);
    if (entry != flows_.end() && --entry->second.samples == 0) flows_.erase(entry);
  }

  // Device time was spent on a sample of a present flow.
  void Charge(const Flow& flow, absl::Duration time) {
    const auto entry = flows_.find(flow);
    if (entry != flows_.end()) entry->second.service += time;
  }

  // Of a flow that is not present: what it would start with.
  absl::Duration Service(const Flow& flow) const {
    const auto entry = flows_.find(flow);
    return entry == flows_.end() ? Least() : entry->second.service;
  }

 private:
  struct Account {
    absl::Duration service;
    int samples = 0;
  };

  absl::Duration Least() const {
    absl::Duration least = absl::InfiniteDuration();
    for (const auto& [flow, account] : flows_) least = std::min(least, account.service);
    return flows_.empty() ? absl::ZeroDuration() : least;
  }

  std::map<Flow, Account> flows_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_SERVICE_METER_H_
