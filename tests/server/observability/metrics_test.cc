#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "server/observability/grpc_metrics.h"
#include "server/observability/guarded_histogram.h"
#include "server/observability/info_metrics.h"
#include "server/observability/metric_builders.h"
#include "server/observability/process_collector.h"
#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(MetricsTest, BuildInfoSaysWhatRuns) {
  prometheus::Registry metrics;
  AddBuildInfo(metrics, {.version = "1.2", .revision = "abc", .torch = "2.11", .grpc = "1.51"});
  EXPECT_EQ(MetricValue(metrics,
                        "strobe_build_info{build=\"unknown\",cuda=\"unknown\",grpc=\"1.51\","
                        "onednn=\"unknown\",revision=\"abc\",torch=\"2.11\",version=\"1.2\"}"),
            1);
}

TEST(MetricsTest, ModelsAndDevicesSayWhatTheyAre) {
  prometheus::Registry metrics;
  AddModelInfo(metrics,
               ModelInfo{"tiny", "StableDiffusionPipeline", "float32", "AutoencoderKL", "00ff"});
  for (const char* device : {"cpu", "cpu"}) {
    AddDeviceInfo(metrics, DeviceInfo{device, "a processor", /*threads=*/4, /*lanes=*/2});
  }
  EXPECT_EQ(MetricValue(metrics,
                        "strobe_model_info{decoder=\"AutoencoderKL\",dtype=\"float32\",model="
                        "\"tiny\",pipeline=\"StableDiffusionPipeline\",weights=\"00ff\"}"),
            1);
  EXPECT_EQ(MetricValue(metrics,
                        "strobe_device_info{device=\"cpu\",hardware=\"a processor\",lanes=\"2\","
                        "threads=\"4\"}"),
            1);
}

TEST(MetricsTest, AHistogramIgnoresValuesThatAreNotFinite) {
  prometheus::Registry metrics;
  GuardedHistogram histogram(AddHistogram(metrics, "seconds", "Help.", LatencyBuckets()));
  histogram.Observe(std::nan(""));
  histogram.Observe(std::numeric_limits<double>::infinity());
  histogram.Observe(-1);
  histogram.Observe(0.25);
  EXPECT_EQ(MetricValue(metrics, "seconds_count"), 2);
  EXPECT_EQ(MetricValue(metrics, "seconds_sum"), 0.25);
  EXPECT_EQ(MetricValue(metrics, "seconds_bucket{le=\"0.2\"}"), 1);
  EXPECT_EQ(MetricValue(metrics, "seconds_bucket{le=\"0.3\"}"), 2);
}

TEST(MetricsTest, GrpcCallsAreCountedByMethodAndCode) {
  prometheus::Registry metrics;
  GrpcMetrics grpc(metrics);
  grpc.Started("GenerateImages");
  grpc.Started("/strobe.v1.ImageGenerationService/GenerateImages");
  grpc.Handled("GenerateImages", 8, 0.1);
  grpc.Handled("GenerateImages", 99, 0.1);
  grpc.MessageReceived("ListModels");
  grpc.MessageSent("/no.such.Service/Method");
  const std::string generate =
      "grpc_method=\"GenerateImages\",grpc_service=\"strobe.v1.ImageGenerationService\",grpc_type="
      "\"server_stream\"}";
  EXPECT_EQ(MetricValue(metrics, "grpc_server_started_total{" + generate), 2);
  EXPECT_EQ(
      MetricValue(metrics, "grpc_server_handled_total{grpc_code=\"ResourceExhausted\"," + generate),
      1);
  EXPECT_EQ(MetricValue(metrics, "grpc_server_handled_total{grpc_code=\"Unknown\"," + generate), 1);
  EXPECT_EQ(
      MetricValue(metrics,
                  "grpc_server_msg_sent_total{grpc_method=\"unknown\",grpc_service=\"unknown\","
                  "grpc_type=\"unary\"}"),
      1);
}

TEST(MetricsTest, TheProcessDescribesItself) {
  const ProcessCollector metrics;
  EXPECT_GT(MetricValue(metrics, "process_resident_memory_bytes"), 1e6);
  EXPECT_GE(MetricValue(metrics, "process_virtual_memory_bytes"),
            MetricValue(metrics, "process_resident_memory_bytes"));
  EXPECT_GE(MetricValue(metrics, "process_cpu_seconds_total"), 0);
  EXPECT_GE(MetricValue(metrics, "process_open_fds"), 3);
  EXPECT_GE(MetricValue(metrics, "process_max_fds"), MetricValue(metrics, "process_open_fds"));
  EXPECT_GT(MetricValue(metrics, "process_start_time_seconds"), 1577836800);
}

TEST(MetricsTest, OneMoreOpenFileIsOneMoreOpenFile) {
  const ProcessCollector metrics;
  const double before = MetricValue(metrics, "process_open_fds");
  std::FILE* const file = std::fopen("/dev/null", "r");
  EXPECT_EQ(MetricValue(metrics, "process_open_fds"), before + 1);
  std::fclose(file);
}

}  // namespace
}  // namespace strobe::server
