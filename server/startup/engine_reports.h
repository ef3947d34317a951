// What an engine tells while it works, and where that goes.

#ifndef STROBE_SERVER_STARTUP_ENGINE_REPORTS_H_
#define STROBE_SERVER_STARTUP_ENGINE_REPORTS_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "server/batching/stage_engine.h"
#include "server/startup/engine_metrics.h"

namespace strobe::server {

// Called from the lanes' threads. The functions are never empty.
struct EngineReports {
  std::function<void(int hits, int misses)> prompt_lookups;
  std::function<void(Stage stage, int used, int padding)> network_rows;
  std::function<void()> picture_recovered;                                 // in float32
  std::function<void(const absl::Status&)> graph_refused;                  // runs without it
  std::function<void(int64_t allocated, int64_t reserved)> device_memory;  // bytes
};

// The reports of one device, into `metrics` and the log; what the warm-up looks up and runs, before
// `warm`, is not counted. Both must outlive the reports.
EngineReports ReportsTo(EngineMetrics& metrics, const std::atomic<bool>& warm);

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_ENGINE_REPORTS_H_
