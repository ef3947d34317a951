#include "server/observability/guarded_histogram.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "server/observability/metric_builders.h"
#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(GuardedHistogramTest, AHistogramIgnoresValuesThatAreNotFinite) {
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

}  // namespace
}  // namespace strobe::server
