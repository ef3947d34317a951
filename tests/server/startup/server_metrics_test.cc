#include "server/startup/server_metrics.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "server/observability/process_collector.h"
#include "server/rpc/rpc_metrics.h"
#include "server/security/security_metrics.h"
#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(ServerMetricsTest, EverySeriesOfTheContractIsThereFromTheStart) {
  const ServerMetrics metrics;
  const RpcMetrics rpc(metrics.registry());
  const SecurityMetrics security(metrics.registry());
  for (const char* series : {
           "strobe_requests_started_total",
           "strobe_requests_total{outcome=\"ok\",reason=\"OK\"}",
           "strobe_requests_total{outcome=\"invalid\",reason=\"INVALID_REQUEST\"}",
           "strobe_requests_total{outcome=\"rejected\",reason=\"QUEUE_FULL\"}",
           "strobe_requests_total{outcome=\"cancelled\",reason=\"CANCELLED\"}",
           "strobe_requests_total{outcome=\"expired\",reason=\"DEADLINE_EXPIRED\"}",
           "strobe_requests_total{outcome=\"failed\",reason=\"ENGINE_FAILURE\"}",
           "strobe_requests_total{outcome=\"failed\",reason=\"other\"}",
           "strobe_request_duration_seconds_count",
           "strobe_stage_duration_seconds_count{stage=\"encode_prompt\"}",
           "strobe_stage_duration_seconds_count{stage=\"denoise\"}",
           "strobe_stage_duration_seconds_count{stage=\"decode\"}",
           "strobe_stage_duration_seconds_count{stage=\"encode_image\"}",
           "strobe_queue_wait_seconds_count",
           "strobe_time_to_first_image_seconds_count",
           "strobe_batch_size_count{stage=\"denoise\"}",
           "strobe_batch_joins_total",
           "strobe_mixed_step_batches_total",
           "strobe_network_rows_total{kind=\"used\",stage=\"denoise\"}",
           "strobe_network_rows_total{kind=\"padding\",stage=\"preview\"}",
           "strobe_images_total",
           "strobe_partial_images_dropped_total",
           "strobe_denoise_steps_total",
           "strobe_queue_depth",
           "strobe_queue_capacity",
           "strobe_inflight_requests",
           "strobe_wasted_compute_seconds_total{reason=\"cancelled\"}",
           "strobe_wasted_compute_seconds_total{reason=\"expired\"}",
           "strobe_wasted_compute_seconds_total{reason=\"failed\"}",
           "strobe_prompt_cache_hits_total",
           "strobe_prompt_cache_misses_total",
           "strobe_device_memory_bytes{kind=\"allocated\"}",
           "strobe_device_memory_bytes{kind=\"reserved\"}",
           "strobe_model_loaded_timestamp_seconds",
           "strobe_draining",
           "grpc_server_started_total{grpc_method=\"GenerateImages\",grpc_service=\"strobe.v1."
           "ImageGenerationService\",grpc_type=\"server_stream\"}",
           "grpc_server_handled_total{grpc_code=\"Canceled\",grpc_method=\"LiveImages\",grpc_"
           "service=\"strobe.v1.ImageGenerationService\",grpc_type=\"bidi_stream\"}",
           "grpc_server_handling_seconds_count{grpc_method=\"Check\",grpc_service=\"grpc.health.v1."
           "Health\",grpc_type=\"unary\"}",
       }) {
    EXPECT_EQ(MetricValue(metrics.registry(), series), 0) << series;
  }
}

TEST(ServerMetricsTest, PromtoolFindsNothingWrong) {
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "no promtool here";
  ServerMetrics metrics;
  metrics.requests.duration_seconds.Observe(1);
  std::FILE* const promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  const std::string text = MetricsText(metrics.registry()) + MetricsText(ProcessCollector());
  std::fwrite(text.data(), 1, text.size(), promtool);
  EXPECT_EQ(pclose(promtool), 0);
}

}  // namespace
}  // namespace strobe::server
