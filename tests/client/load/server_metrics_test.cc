#include "client/load/server_metrics.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kBefore[] =
    "# HELP process_cpu_seconds_total CPU\n"
    "# TYPE process_cpu_seconds_total counter\n"
    "process_cpu_seconds_total 10\n"
    "process_resident_memory_bytes 1000\n"
    "strobe_build_info{version=\"0.1.0\",torch=\"2.11\"} 1\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"1\"} 5\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"4\"} 5\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"8\"} 5\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"+Inf\"} 5\n"
    "strobe_batch_size_count{stage=\"denoise\"} 5\n"
    "strobe_batch_size_sum{stage=\"denoise\"} 5\n"
    "strobe_batch_joins_total 7\n"
    "strobe_requests_total{outcome=\"ok\",reason=\"OK\"} 100\n"
    "strobe_wasted_compute_seconds_total{reason=\"cancelled\"} 1\n";

constexpr char kAfter[] =
    "process_cpu_seconds_total 13\n"
    "process_resident_memory_bytes 1.5e3 1700000000\n"
    "strobe_build_info{version=\"0.1.0\",torch=\"2.11\"} 1\n"
    "strobe_model_info{model=\"tiny\",dtype=\"float32\",weights=\"00ff\"} 1\n"
    "strobe_device_info{device=\"cpu\",hardware=\"Some CPU (R) @ 2.00GHz\",lanes=\"2\"} 1\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"1\"} 8\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"4\"} 8\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"8\"} 14\n"
    "strobe_batch_size_bucket{stage=\"denoise\",le=\"+Inf\"} 15\n"
    "strobe_batch_joins_total 10\n"
    "strobe_mixed_step_batches_total 2\n"
    "strobe_network_rows_total{kind=\"used\",stage=\"denoise\"} 60\n"
    "strobe_network_rows_total{kind=\"padding\",stage=\"denoise\"} 20\n"
    "strobe_batch_size_count{stage=\"denoise\"} 15\n"
    "strobe_batch_size_sum{stage=\"denoise\"} 65\n"
    "strobe_requests_total{outcome=\"ok\",reason=\"OK\"} 150\n"
    "strobe_requests_total{outcome=\"rejected\",reason=\"QUEUE_FULL\"} 0\n"
    "strobe_wasted_compute_seconds_total{reason=\"cancelled\"} 1.5\n"
    "strobe_wasted_compute_seconds_total{reason=\"expired\"} 0.25\n"
    "a line that is none\n";

TEST(ServerMetricsTest, TellsWhatChangedBetweenTwoSnapshots) {
  const ServerUsage usage =
      UsageBetween(ParseMetrics(kBefore), ParseMetrics(kAfter), absl::Seconds(2));
  EXPECT_DOUBLE_EQ(usage.cpu_cores, 1.5);
  EXPECT_DOUBLE_EQ(usage.resident_bytes, 1500);
  EXPECT_DOUBLE_EQ(usage.resident_growth_bytes, 500);
  EXPECT_EQ(usage.outcomes.size(), 1u);
  EXPECT_DOUBLE_EQ(usage.outcomes.at("ok OK"), 50);
  EXPECT_DOUBLE_EQ(usage.wasted_compute_seconds, 0.75);
}

TEST(ServerMetricsTest, TellsHowSamplesSharedTheirBatches) {
  const ServerUsage usage =
      UsageBetween(ParseMetrics(kBefore), ParseMetrics(kAfter), absl::Seconds(2));
  const StageBatches& denoise = usage.batches.at("denoise");
  EXPECT_DOUBLE_EQ(denoise.count, 10);
  EXPECT_DOUBLE_EQ(denoise.mean(), 6);
  EXPECT_THAT(denoise.batches, ElementsAre(Pair(1, 3), Pair(8, 6), Pair(INFINITY, 1)));
  EXPECT_DOUBLE_EQ(denoise.padding_share(), 0.25);
  EXPECT_DOUBLE_EQ(usage.joins, 3);
  EXPECT_DOUBLE_EQ(usage.joins_per_step(), 0.3);
  EXPECT_DOUBLE_EQ(usage.mixed_step_share(), 0.2);
}

TEST(ServerMetricsTest, WithoutABatchThereAreNoShares) {
  const ServerUsage usage = UsageBetween({}, {}, absl::Seconds(1));
  EXPECT_TRUE(usage.batches.empty());
  EXPECT_EQ(usage.joins_per_step(), 0);
}

TEST(ServerMetricsTest, TheServerSaysWhatItIs) {
  const ServerFactsByName facts = ServerFacts(ParseMetrics(kAfter));
  EXPECT_EQ(facts.at("build").at("torch"), "2.11");
  EXPECT_EQ(facts.at("model tiny").at("weights"), "00ff");
  EXPECT_EQ(facts.at("device cpu").at("hardware"), "Some CPU (R) @ 2.00GHz");
  EXPECT_EQ(facts.size(), 3u);
}

}  // namespace
}  // namespace strobe::client
