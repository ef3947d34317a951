// How well samples share their micro-batches.

#ifndef STROBE_SERVER_OBSERVABILITY_BATCH_METRICS_H_
#define STROBE_SERVER_OBSERVABILITY_BATCH_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "model/spec/stage.h"

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct BatchMetrics {
  explicit BatchMetrics(prometheus::Registry& registry);

  // Samples whose first step is in one batch with samples that are further on: they did not wait
  // until those were through.
  prometheus::Counter& joins_total;
  // Denoising batches whose samples are not all at the same step.
  prometheus::Counter& mixed_step_batches_total;

  // strobe_network_rows_total{stage,kind}: rows that the networks were called with, and of these
  // those that were filled up to a fixed number, by --exact.
  void CountRows(model::Stage stage, int used, int padding);

 private:
  // Null for a stage that is not served.
  model::PerStage<prometheus::Counter*> used_rows_;
  model::PerStage<prometheus::Counter*> padding_rows_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_BATCH_METRICS_H_
