#include "client/load/server_metrics.h"

#include "gtest/gtest.h"

namespace strobe::client {
namespace {

constexpr char kBefore[] =
    "# HELP process_cpu_seconds_total CPU\n"
    "# TYPE process_cpu_seconds_total counter\n"
    "process_cpu_seconds_total 10\n"
    "process_resident_memory_bytes 1000\n"
    "strobe_build_info{version=\"0.1.0\",torch=\"2.11\"} 1\n"
    "strobe_batch_size_count{stage=\"denoise\"} 5\n"
    "strobe_batch_size_sum{stage=\"denoise\"} 5\n"
    "strobe_requests_total{outcome=\"ok\",reason=\"OK\"} 100\n"
    "strobe_wasted_compute_seconds_total{reason=\"cancelled\"} 1\n";

constexpr char kAfter[] =
    "process_cpu_seconds_total 13\n"
    "process_resident_memory_bytes 1.5e3 1700000000\n"
    "strobe_build_info{version=\"0.1.0\",torch=\"2.11\"} 1\n"
    "strobe_batch_size_count{stage=\"denoise\"} 15\n"
    "strobe_batch_size_sum{stage=\"denoise\"} 65\n"
    "strobe_requests_total{outcome=\"ok\",reason=\"OK\"} 150\n"
    "strobe_requests_total{outcome=\"rejected\",reason=\"QUEUE_FULL\"} 0\n"
    "strobe_wasted_compute_seconds_total{reason=\"cancelled\"} 1.5\n"
    "strobe_wasted_compute_seconds_total{reason=\"expired\"} 0.25\n"
    "a line that is none\n";

TEST(ServerMetricsTest, ReadsSamplesAndSkipsTheRest) {
  const MetricsSnapshot snapshot = ParseMetrics(kAfter);
  EXPECT_EQ(snapshot.size(), 9u);
  EXPECT_EQ(snapshot.at("process_resident_memory_bytes"), 1500) << "and not the time stamp";
  EXPECT_EQ(snapshot.at("strobe_batch_size_sum{stage=\"denoise\"}"), 65);
}

TEST(ServerMetricsTest, TellsWhatChangedBetweenTwoSnapshots) {
  const ServerUsage usage =
      UsageBetween(ParseMetrics(kBefore), ParseMetrics(kAfter), absl::Seconds(2));
  EXPECT_DOUBLE_EQ(usage.cpu_cores, 1.5);
  EXPECT_DOUBLE_EQ(usage.resident_bytes, 1500);
  EXPECT_DOUBLE_EQ(usage.resident_growth_bytes, 500);
  EXPECT_DOUBLE_EQ(usage.mean_batches.at("denoise"), 6);
  EXPECT_EQ(usage.outcomes.size(), 1u);
  EXPECT_DOUBLE_EQ(usage.outcomes.at("ok OK"), 50);
  EXPECT_DOUBLE_EQ(usage.wasted_compute_seconds, 0.75);
  EXPECT_EQ(usage.build.at("torch"), "2.11");
}

TEST(ServerMetricsTest, NobodyListeningIsUnavailable) {
  EXPECT_EQ(ScrapeMetrics("http://127.0.0.1:1/metrics").status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace strobe::client
