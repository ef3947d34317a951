#include "server/requests/request_metrics.h"

#include <gtest/gtest.h>

#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

TEST(RequestMetricsTest, AnUnknownReasonIsCountedAsOtherOfItsOutcome) {
  prometheus::Registry registry;
  RequestMetrics metrics(registry);
  metrics.CountEnd(Outcome::kRejected, Reason::kQueueFull);
  metrics.CountEnd(Outcome::kRejected, Reason::kSlowReader);
  metrics.CountEnd(Outcome::kOk, Reason::kQueueFull);
  EXPECT_EQ(
      MetricValue(registry, "strobe_requests_total{outcome=\"rejected\",reason=\"QUEUE_FULL\"}"),
      1);
  EXPECT_EQ(MetricValue(registry, "strobe_requests_total{outcome=\"rejected\",reason=\"other\"}"),
            1);
  EXPECT_EQ(MetricValue(registry, "strobe_requests_total{outcome=\"ok\",reason=\"other\"}"), 1);
}

}  // namespace
}  // namespace strobe::server
