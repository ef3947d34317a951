// Every metric of the server: one struct of ready handles. Names, labels and buckets live only in
// this folder.

#ifndef STROBE_SERVER_OBSERVABILITY_METRICS_H_
#define STROBE_SERVER_OBSERVABILITY_METRICS_H_

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "absl/strings/string_view.h"
#include "model/spec/stage.h"
#include "server/observability/batch_metrics.h"
#include "server/observability/grpc_metrics.h"
#include "server/observability/guarded_histogram.h"
#include "server/observability/info_metrics.h"
#include "server/observability/request_outcome.h"
#include "server/observability/security_metrics.h"

namespace strobe::server {

// Handles are made once; the hot path only increments. Thread-safe. Every label value is from a
// closed set, and every series is exported from the start.
class Metrics {
  // The registry owns what the handles below refer to, so it is constructed before them.
  std::shared_ptr<prometheus::Registry> registry_;
  std::shared_ptr<prometheus::Collectable> process_;

 public:
  explicit Metrics(const BuildInfo& build_info = {});

  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

  // Everything to be scraped: the registry and the process_* metrics.
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables() const;

  // strobe_requests_started_total: started = sum of outcomes + in flight.
  prometheus::Counter& requests_started;
  // strobe_requests_total{outcome,reason}; a reason that is not KnownReasons' becomes "other".
  void CountRequest(Outcome outcome, Reason reason);

  prometheus::Gauge& inflight_requests;
  prometheus::Gauge& queue_depth;     // samples waiting
  prometheus::Gauge& queue_capacity;  // samples
  prometheus::Gauge& ready;           // 1 while readiness is SERVING
  prometheus::Gauge& draining;        // 1 while draining
  prometheus::Gauge& model_loaded_timestamp_seconds;
  prometheus::Gauge& device_memory_allocated_bytes;  // strobe_device_memory_bytes{kind="allocated"}
  prometheus::Gauge& device_memory_reserved_bytes;   // strobe_device_memory_bytes{kind="reserved"}

  GuardedHistogram request_duration_seconds;
  GuardedHistogram queue_wait_seconds;  // one observation a sample: waiting before the first stage
  GuardedHistogram time_to_first_image_seconds;
  // strobe_stage_duration_seconds{stage} and strobe_batch_size{stage}.
  void CountBatch(model::Stage stage, int batch_size, double seconds);

  prometheus::Counter& images_total;
  prometheus::Counter& partial_images_dropped_total;
  prometheus::Counter& denoise_steps_total;
  prometheus::Counter& denoise_steps_saved_total;         // not spent because of load
  prometheus::Counter& wasted_compute_cancelled_seconds;  // wasted_compute_seconds_total{reason}
  prometheus::Counter& wasted_compute_expired_seconds;
  prometheus::Counter& wasted_compute_failed_seconds;
  // strobe_engine_faults_total{kind}; 0..4 are server::EngineFault.
  std::array<prometheus::Counter*, 5> engine_faults_total;
  prometheus::Counter& pictures_recovered_total;  // decoded again, in float32
  prometheus::Counter& prompt_cache_hits_total;
  prometheus::Counter& prompt_cache_misses_total;

  BatchMetrics batches;
  SecurityMetrics security;

  // strobe_model_info and strobe_device_info, when they are known.
  void Describe(const ModelInfo& model) { AddModelInfo(*registry_, model); }
  void Describe(const DeviceInfo& device) { AddDeviceInfo(*registry_, device); }

  // grpc_server_*: see GrpcMetrics.
  void GrpcStarted(absl::string_view method) { grpc_.Started(method); }
  void GrpcHandled(absl::string_view method, int grpc_code, double seconds) {
    grpc_.Handled(method, grpc_code, seconds);
  }
  void GrpcMessageReceived(absl::string_view method) { grpc_.MessageReceived(method); }
  void GrpcMessageSent(absl::string_view method) { grpc_.MessageSent(method); }

 private:
  void AddStageHistograms();
  void AddEngineFaults();
  void AddRequestCounters();

  // Null for a stage that is not served: what no request passes through has no series.
  model::PerStage<std::unique_ptr<GuardedHistogram>> batch_size_;
  model::PerStage<std::unique_ptr<GuardedHistogram>> stage_duration_seconds_;
  std::map<std::pair<Outcome, std::string>, prometheus::Counter*> requests_total_;
  GrpcMetrics grpc_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_METRICS_H_
