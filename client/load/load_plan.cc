#include "client/load/load_plan.h"

namespace strobe::client {

const char* LoadKindName(LoadKind kind) {
  switch (kind) {
    case LoadKind::kConcurrency:
      return "concurrency";
    case LoadKind::kRate:
      return "request_rate";
    case LoadKind::kOffline:
      return "offline";
    case LoadKind::kTrace:
      return "trace";
  }
  return "unknown";
}

IntendedTimes::IntendedTimes(const LoadPlan& plan, const workload::Workload& workload)
    : kind_(plan.kind), workload_(workload), schedule_(plan.arrivals) {}

absl::Duration IntendedTimes::Next() {
  switch (kind_) {
    case LoadKind::kConcurrency:
      break;
    case LoadKind::kRate:
      return schedule_.Next();
    case LoadKind::kOffline:
      return absl::ZeroDuration();
    case LoadKind::kTrace:
      if (next_entry_ < workload_.trace().size()) return workload_.trace()[next_entry_++].arrival;
      break;
  }
  return absl::InfiniteDuration();
}

}  // namespace strobe::client
