// What a stage that failed means for its requests and for the process.

#ifndef STROBE_SERVER_BATCHING_ENGINE_FAULT_H_
#define STROBE_SERVER_BATCHING_ENGINE_FAULT_H_

#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

enum class EngineFault {
  kError,        // this batch alone
  kOutOfMemory,  // this batch; a smaller one may fit
  kNotFinite,    // a picture that cannot be shown
  kDeviceLost,   // everything, until the process is started again
  kHung          // a stage that does not come back
};

inline constexpr std::array<EngineFault, 5> kAllEngineFaults = {
    EngineFault::kError, EngineFault::kOutOfMemory, EngineFault::kNotFinite,
    EngineFault::kDeviceLost, EngineFault::kHung};

// The `kind` label of strobe_engine_faults_total: "error", "out_of_memory", "not_finite",
// "device_lost", "hung".
absl::string_view EngineFaultName(EngineFault fault);

// What the engine's error means, by the codes that StageEngine promises. Never kNotFinite or kHung.
EngineFault FaultOf(const absl::Status& error);

// How a request ends because of one: INTERNAL (ENGINE_FAILURE), RESOURCE_EXHAUSTED (OUT_OF_MEMORY)
// for a picture that does not fit even alone, UNAVAILABLE (DEVICE_FAULT) with a retry delay for the
// last two. Nothing of what the engine said.
absl::Status RequestErrorOf(EngineFault fault);

// A fault that only a new process gets over.
struct FatalFault {
  EngineFault kind = EngineFault::kDeviceLost;  // or kHung
  std::string description;                      // for the operator; holds no prompt
};

// How long a stage may take before it counts as hung: 20 times what is predicted, but at least
// `least`.
absl::Duration HangLimit(const CostModel& costs, Stage stage, const BatchKey& key, int batch_size,
                         absl::Duration least);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_ENGINE_FAULT_H_
