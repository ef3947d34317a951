#include "client/load/prometheus_text.h"

#include "gtest/gtest.h"

namespace strobe::client {
namespace {

TEST(PrometheusTextTest, ReadsSamplesAndSkipsTheRest) {
  const MetricsSnapshot snapshot = ParseMetrics(
      "# HELP process_cpu_seconds_total CPU\n"
      "# TYPE process_cpu_seconds_total counter\n"
      "process_cpu_seconds_total 10\n"
      "process_resident_memory_bytes 1.5e3 1700000000\n"
      "strobe_batch_size_sum{stage=\"denoise\"} 65\n"
      "a line that is none\n");
  EXPECT_EQ(snapshot.size(), 3u);
  EXPECT_EQ(snapshot.at("process_resident_memory_bytes"), 1500) << "and not the time stamp";
  EXPECT_EQ(snapshot.at("strobe_batch_size_sum{stage=\"denoise\"}"), 65);
}

TEST(PrometheusTextTest, LabelsMayHoldAnythingButQuotes) {
  const MetricLabels labels = LabelsOf("a_info{hardware=\"A CPU (R) @ 2.0, {x}\",lanes=\"2\"}");
  EXPECT_EQ(labels.at("hardware"), "A CPU (R) @ 2.0, {x}");
  EXPECT_EQ(labels.at("lanes"), "2");
  EXPECT_TRUE(LabelsOf("up").empty());
}

TEST(PrometheusTextTest, NobodyListeningIsUnavailable) {
  const std::string url = "http://127.0.0.1:1/metrics";
  EXPECT_EQ(ScrapeMetrics(url).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ScrapeMetrics(std::vector<std::string>{url}).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace strobe::client
