#include "server/observability/process_collector.h"

#include <cstdio>

#include <gtest/gtest.h>

#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(ProcessCollectorTest, TheProcessDescribesItself) {
  const ProcessCollector metrics;
  EXPECT_GT(MetricValue(metrics, "process_resident_memory_bytes"), 1e6);
  EXPECT_GE(MetricValue(metrics, "process_virtual_memory_bytes"),
            MetricValue(metrics, "process_resident_memory_bytes"));
  EXPECT_GE(MetricValue(metrics, "process_cpu_seconds_total"), 0);
  EXPECT_GE(MetricValue(metrics, "process_open_fds"), 3);
  EXPECT_GE(MetricValue(metrics, "process_max_fds"), MetricValue(metrics, "process_open_fds"));
  EXPECT_GT(MetricValue(metrics, "process_start_time_seconds"), 1577836800);
}

TEST(ProcessCollectorTest, OneMoreOpenFileIsOneMoreOpenFile) {
  const ProcessCollector metrics;
  const double before = MetricValue(metrics, "process_open_fds");
  std::FILE* const file = std::fopen("/dev/null", "r");
  EXPECT_EQ(MetricValue(metrics, "process_open_fds"), before + 1);
  std::fclose(file);
}

}  // namespace
}  // namespace strobe::server
