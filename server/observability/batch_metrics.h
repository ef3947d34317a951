// How well samples share their micro-batches.

#ifndef STROBE_SERVER_OBSERVABILITY_BATCH_METRICS_H_
#define STROBE_SERVER_OBSERVABILITY_BATCH_METRICS_H_

#include <array>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct BatchMetrics {
  explicit BatchMetrics(prometheus::Registry& registry);

  // Samples whose first step is in one batch with samples that are further on: they did not wait
  // until those were through.
  prometheus::Counter& joins_total;
  // Denoising batches whose samples are not all at the same step.
  prometheus::Counter& mixed_step_batches_total;

  // strobe_network_rows_total{stage,kind}: rows that the networks were called with. 0..3 are
  // server::Stage.
  std::array<prometheus::Counter*, 4> used_rows;
  std::array<prometheus::Counter*, 4> padding_rows;  // filled up to a fixed number, by --exact
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_BATCH_METRICS_H_
