#include "server/observability/metrics.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(MetricsTest, BuildInfoSaysWhatRuns) {
  const Metrics metrics({.version = "1.2", .revision = "abc", .torch = "2.11", .grpc = "1.51"});
  EXPECT_EQ(MetricValue(metrics,
                        "strobe_build_info{build=\"unknown\",cuda=\"unknown\",grpc=\"1.51\","
                        "onednn=\"unknown\",revision=\"abc\",torch=\"2.11\",version=\"1.2\"}"),
            1);
}

TEST(MetricsTest, ModelsAndDevicesSayWhatTheyAre) {
  Metrics metrics;
  metrics.Describe(
      ModelInfo{"tiny", "StableDiffusionPipeline", "float32", "AutoencoderKL", "00ff"});
  for (const char* device : {"cpu", "cpu"}) {
    metrics.Describe(DeviceInfo{device, "a processor", /*threads=*/4, /*lanes=*/2});
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

TEST(MetricsTest, AnUnknownReasonIsCountedAsOtherOfItsOutcome) {
  Metrics metrics;
  metrics.CountRequest(Outcome::kRejected, Reason::kQueueFull);
  metrics.CountRequest(Outcome::kRejected, Reason::kSlowReader);
  metrics.CountRequest(Outcome::kOk, Reason::kQueueFull);
  EXPECT_EQ(
      MetricValue(metrics, "strobe_requests_total{outcome=\"rejected\",reason=\"QUEUE_FULL\"}"), 1);
  EXPECT_EQ(MetricValue(metrics, "strobe_requests_total{outcome=\"rejected\",reason=\"other\"}"),
            1);
  EXPECT_EQ(MetricValue(metrics, "strobe_requests_total{outcome=\"ok\",reason=\"other\"}"), 1);
}

TEST(MetricsTest, AHistogramIgnoresValuesThatAreNotFinite) {
  Metrics metrics;
  metrics.request_duration_seconds.Observe(std::nan(""));
  metrics.request_duration_seconds.Observe(std::numeric_limits<double>::infinity());
  metrics.request_duration_seconds.Observe(-1);
  metrics.request_duration_seconds.Observe(0.25);
  EXPECT_EQ(MetricValue(metrics, "strobe_request_duration_seconds_count"), 2);
  EXPECT_EQ(MetricValue(metrics, "strobe_request_duration_seconds_sum"), 0.25);
  EXPECT_EQ(MetricValue(metrics, "strobe_request_duration_seconds_bucket{le=\"0.2\"}"), 1);
  EXPECT_EQ(MetricValue(metrics, "strobe_request_duration_seconds_bucket{le=\"0.3\"}"), 2);
}

TEST(MetricsTest, GrpcCallsAreCountedByMethodAndCode) {
  Metrics metrics;
  metrics.GrpcStarted("GenerateImages");
  metrics.GrpcStarted("/strobe.v1.ImageGenerationService/GenerateImages");
  metrics.GrpcHandled("GenerateImages", 8, 0.1);
  metrics.GrpcHandled("GenerateImages", 99, 0.1);
  metrics.GrpcMessageReceived("ListModels");
  metrics.GrpcMessageSent("/no.such.Service/Method");
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
  const Metrics metrics;
  EXPECT_GT(MetricValue(metrics, "process_resident_memory_bytes"), 1e6);
  EXPECT_GE(MetricValue(metrics, "process_virtual_memory_bytes"),
            MetricValue(metrics, "process_resident_memory_bytes"));
  EXPECT_GE(MetricValue(metrics, "process_cpu_seconds_total"), 0);
  EXPECT_GE(MetricValue(metrics, "process_open_fds"), 3);
  EXPECT_GE(MetricValue(metrics, "process_max_fds"), MetricValue(metrics, "process_open_fds"));
  EXPECT_GT(MetricValue(metrics, "process_start_time_seconds"), 1577836800);
}

TEST(MetricsTest, OneMoreOpenFileIsOneMoreOpenFile) {
  const Metrics metrics;
  const double before = MetricValue(metrics, "process_open_fds");
  std::FILE* const file = std::fopen("/dev/null", "r");
  EXPECT_EQ(MetricValue(metrics, "process_open_fds"), before + 1);
  std::fclose(file);
}

TEST(MetricsTest, PromtoolFindsNothingWrong) {
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "no promtool here";
  Metrics metrics;
  metrics.request_duration_seconds.Observe(1);
  std::FILE* const promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  const std::string text = MetricsText(metrics);
  std::fwrite(text.data(), 1, text.size(), promtool);
  EXPECT_EQ(pclose(promtool), 0);
}

}  // namespace
}  // namespace strobe::server
