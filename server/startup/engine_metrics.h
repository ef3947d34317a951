// What the engines report.

#ifndef STROBE_SERVER_STARTUP_ENGINE_METRICS_H_
#define STROBE_SERVER_STARTUP_ENGINE_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "model/spec/stage.h"

namespace strobe::server {

// Sums over the devices. Exported from the start, with 0. Thread-safe.
struct EngineMetrics {
  explicit EngineMetrics(prometheus::Registry& registry);

  // strobe_network_rows_total{stage,kind}: rows that the networks were called with, and of these
  // those that were filled up to a fixed number, by --exact.
  void CountRows(model::Stage stage, int used, int padding);

  prometheus::Gauge& memory_allocated_bytes;      // strobe_device_memory_bytes{kind="allocated"}
  prometheus::Gauge& memory_reserved_bytes;       // {kind="reserved"}
  prometheus::Counter& pictures_recovered_total;  // decoded again, in float32
  prometheus::Counter& prompt_cache_hits_total;
  prometheus::Counter& prompt_cache_misses_total;

 private:
  // Null for a stage that is not served.
  model::PerStage<prometheus::Counter*> used_rows_;
  model::PerStage<prometheus::Counter*> padding_rows_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_ENGINE_METRICS_H_
