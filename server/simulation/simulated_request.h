// A request in simulated time, and how it ended.

#ifndef STROBE_SERVER_SIMULATION_SIMULATED_REQUEST_H_
#define STROBE_SERVER_SIMULATION_SIMULATED_REQUEST_H_

#include <cstdint>

#include "absl/time/time.h"
#include "server/admission/admission_request.h"
#include "server/batching/generation_task.h"

namespace strobe::server {

struct SimulatedRequest {
  uint64_t number = 0;  // for its owner
  ModelHandle model;
  AdmissionRequest admission;  // what it asks for, when it comes and when it must be done
  bool best_effort = false;    // a picture after one step is better than none
  int min_denoise_steps = 1;   // under load; denoise_steps: exactly as asked for
  Priority priority = Priority::kInteractive;
  absl::Time cancelled_at = absl::InfiniteFuture();  // the caller leaves
};

enum class SimulatedOutcome {
  kOk,
  kShed,        // no room
  kInfeasible,  // refused: the deadline cannot be met
  kExpired,     // admitted, but too late
  kCancelled,
};

// How a request ended.
struct SimulatedEnd {
  uint64_t number = 0;
  SimulatedOutcome outcome = SimulatedOutcome::kOk;
  absl::Duration latency;  // from arrival
  int denoise_steps = 0;   // of all its images
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SIMULATION_SIMULATED_REQUEST_H_
