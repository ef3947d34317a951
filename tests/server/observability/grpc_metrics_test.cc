#include "server/observability/grpc_metrics.h"

#include <string>

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(GrpcMetricsTest, GrpcCallsAreCountedByMethodAndCode) {
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

}  // namespace
}  // namespace strobe::server
