// What load to put on a server, and for how long.

#ifndef STROBE_CLIENT_LOAD_LOAD_PLAN_H_
#define STROBE_CLIENT_LOAD_LOAD_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/load/measurement_windows.h"
#include "workload/arrival_schedule.h"
#include "workload/workload.h"

namespace strobe::client {

enum class LoadKind {
  kConcurrency,  // closed loop: so many callers, each with one request after the other
  kRate,         // open loop: so many requests a second
  kOffline,      // open loop: all at once
  kTrace,        // open loop: as recorded
};

// "concurrency", "request_rate", "offline", "trace".
const char* LoadKindName(LoadKind kind);

struct LoadPlan {
  LoadKind kind = LoadKind::kConcurrency;
  int concurrency = 1;                // of a closed loop; 0 in any other
  workload::ArrivalOptions arrivals;  // of kRate
  uint64_t seed = 1;                  // of what the requests ask for
  uint64_t warmup_requests = 0;       // the first ones, which do not count
  uint64_t request_count = 0;         // requests that count; 0: the windows decide
  WindowOptions windows;
  // Share of the requests whose pictures are kept, and how many at most.
  double kept_share = 0;
  int max_kept = 0;
  // How often a request is sent at most: what is refused (RESOURCE_EXHAUSTED, UNAVAILABLE) goes
  // again when the server's retry delay is over.
  int max_attempts = 1;
  std::string authorization;                        // goes with every call; empty: none
  absl::Duration drain_timeout = absl::Minutes(3);  // then what is in flight is cancelled
};

// The schedule of an open loop: a function of the plan alone.
class IntendedTimes {
 public:
  // `workload` must outlive the object.
  IntendedTimes(const LoadPlan& plan, const workload::Workload& workload);

  // Since the start; infinite in a closed loop, which has no schedule, and after the last request
  // of a trace.
  absl::Duration Next();

 private:
  const LoadKind kind_;
  const workload::Workload& workload_;
  workload::ArrivalSchedule schedule_;
  size_t next_entry_ = 0;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_LOAD_PLAN_H_
