// Every metric of the server: one struct of ready handles. Names, labels and buckets live only here.

#ifndef STROBE_SERVER_OBSERVABILITY_METRICS_H_
#define STROBE_SERVER_OBSERVABILITY_METRICS_H_

#include <array>
#include <memory>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "absl/strings/string_view.h"

namespace strobe::server {

// How a request ended; the `outcome` label of strobe_requests_total.
enum class Outcome { kOk, kInvalid, kRejected, kCancelled, kExpired, kFailed };
inline constexpr int kOutcomeCount = 6;
absl::string_view OutcomeName(Outcome outcome);

// Handles are made once; the hot path only increments. Thread-safe. Every label value is from a
// closed set, and every series is exported from the start.
class Metrics {
 public:
  Metrics();

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

  // strobe_requests_started_total: started = sum of outcomes + in flight.
  prometheus::Counter& requests_started;
  // strobe_requests_total{outcome,reason}; a reason that is not in the closed set becomes "other".
  void CountRequest(Outcome outcome, absl::string_view reason);

  prometheus::Gauge& inflight_requests;
  prometheus::Gauge& queue_depth;           // samples waiting
  prometheus::Gauge& queue_capacity;        // samples
  prometheus::Gauge& draining;              // 1 while draining
  prometheus::Gauge& model_loaded_timestamp_seconds;
  prometheus::Gauge& device_memory_allocated_bytes;  // strobe_device_memory_bytes{kind="allocated"}
  prometheus::Gauge& device_memory_reserved_bytes;   // strobe_device_memory_bytes{kind="reserved"}

  prometheus::Histogram& request_duration_seconds;
  prometheus::Histogram& queue_wait_seconds;          // one observation a sample
  prometheus::Histogram& time_to_first_image_seconds;
  // strobe_stage_duration_seconds{stage} and strobe_batch_size{stage}; 0..2 are server::Stage.
  std::array<prometheus::Histogram*, 3> batch_size;
  std::array<prometheus::Histogram*, 3> stage_duration_seconds;
  prometheus::Histogram& encode_image_duration_seconds;  // {stage="encode_image"}

  prometheus::Counter& images_total;
  prometheus::Counter& partial_images_dropped_total;
  prometheus::Counter& denoise_steps_total;
  prometheus::Counter& wasted_compute_cancelled_seconds;  // wasted_compute_seconds_total{reason}
  prometheus::Counter& wasted_compute_expired_seconds;
  prometheus::Counter& wasted_compute_failed_seconds;
  prometheus::Counter& prompt_cache_hits_total;
  prometheus::Counter& prompt_cache_misses_total;

  // grpc_server_started_total, grpc_server_handled_total{grpc_code}, grpc_server_msg_received_total,
  // grpc_server_msg_sent_total, grpc_server_handling_seconds for a method of our service.
  void GrpcStarted(absl::string_view method);
  void GrpcHandled(absl::string_view method, int grpc_code, double seconds);
  void GrpcMessageReceived(absl::string_view method);
  void GrpcMessageSent(absl::string_view method);

 private:
  struct Families;
  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Families> families_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_METRICS_H_
