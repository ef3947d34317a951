// What the batcher counts.

#ifndef STROBE_SERVER_BATCHING_BATCH_METRICS_H_
#define STROBE_SERVER_BATCHING_BATCH_METRICS_H_

#include <array>
#include <memory>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "model/spec/stage.h"
#include "server/batching/engine_fault.h"
#include "server/observability/guarded_histogram.h"

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct BatchMetrics {
  explicit BatchMetrics(prometheus::Registry& registry);

  // strobe_stage_duration_seconds{stage} and strobe_batch_size{stage}.
  void CountBatch(model::Stage stage, int batch_size, double seconds);

  // strobe_engine_faults_total{kind}.
  void CountFault(EngineFault fault) { engine_faults_[static_cast<size_t>(fault)]->Increment(); }

  prometheus::Gauge& queue_depth;       // samples waiting
  GuardedHistogram queue_wait_seconds;  // one observation a sample: waiting before the first stage

  // Samples whose first step is in one batch with samples that are further on: they did not wait
  // until those were through.
  prometheus::Counter& joins_total;
  // Denoising batches whose samples are not all at the same step.
  prometheus::Counter& mixed_step_batches_total;
  prometheus::Counter& denoise_steps_total;
  prometheus::Counter& denoise_steps_saved_total;  // not spent because of load
  prometheus::Counter& partial_images_dropped_total;

  prometheus::Counter& wasted_compute_cancelled_seconds;  // wasted_compute_seconds_total{reason}
  prometheus::Counter& wasted_compute_expired_seconds;
  prometheus::Counter& wasted_compute_failed_seconds;

 private:
  // Null for a stage that is not served: what no request passes through has no series.
  model::PerStage<std::unique_ptr<GuardedHistogram>> batch_size_;
  model::PerStage<std::unique_ptr<GuardedHistogram>> stage_duration_seconds_;
  std::array<prometheus::Counter*, kAllEngineFaults.size()> engine_faults_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BATCH_METRICS_H_
