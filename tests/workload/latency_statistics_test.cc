#include "workload/latency_statistics.h"

#include <numeric>
#include <vector>

#include "gtest/gtest.h"

namespace strobe::workload {
namespace {

// 1, 2 ... n.
std::vector<double> Ranks(int n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(LatencyStatisticsTest, AQuantileIsTheSmallestValueThatEnoughDoNotExceed) {
  struct Case {
    int n;
    double level;
    double value;
  };
  for (const Case& each : {Case{100, 0.99, 99}, Case{100, 0.5, 50}, Case{100, 1, 100},
                           Case{100, 0, 1}, Case{101, 0.99, 100}, Case{1, 0.999, 1},
                           Case{1000, 0.999, 999}, Case{10, 0.91, 10}, Case{10, 0.9, 9}}) {
    EXPECT_EQ(ValueAt(Ranks(each.n), each.level), each.value) << each.n << " " << each.level;
  }
}

TEST(LatencyStatisticsTest, AnIntervalNeedsThreeValuesBeyondTheQuantile) {
  EXPECT_FALSE(QuantileAt(Ranks(299), 0.99).interval.has_value());
  EXPECT_TRUE(QuantileAt(Ranks(300), 0.99).interval.has_value());
  EXPECT_FALSE(QuantileAt(Ranks(2999), 0.999).interval.has_value());
  EXPECT_TRUE(QuantileAt(Ranks(3000), 0.999).interval.has_value());
  EXPECT_FALSE(QuantileAt(Ranks(5), 0.5).interval.has_value());
}

TEST(LatencyStatisticsTest, TheIntervalOfAQuantileIsThatOfItsRanks) {
  const Quantile median = QuantileAt(Ranks(100), 0.5);
  // 50 -+ 1.96 * 5.
  EXPECT_EQ(median.interval->low, 41);
  EXPECT_EQ(median.interval->high, 61);
}

TEST(LatencyStatisticsTest, RepeatedRunsGiveStudentsInterval) {
  const std::vector<double> values = {9, 10, 11, 10, 10};
  const RepeatedFigure figure = Repeat(values);
  EXPECT_EQ(figure.runs, 5u);
  EXPECT_DOUBLE_EQ(figure.mean, 10);
  EXPECT_NEAR(figure.variation, 0.0707, 1e-4);
  // 2.776 * sqrt(0.5) / sqrt(5)
  EXPECT_NEAR(figure.interval->low, 10 - 0.8779, 1e-3);
  EXPECT_NEAR(figure.interval->high, 10 + 0.8779, 1e-3);
}

TEST(LatencyStatisticsTest, OneRunHasNoInterval) {
  EXPECT_FALSE(Repeat(std::vector<double>{3}).interval.has_value());
  EXPECT_EQ(Repeat(std::vector<double>{}).mean, 0);
}

TEST(LatencyStatisticsTest, FairnessIsOneForEqualsAndOneOverNForASingleWinner) {
  EXPECT_DOUBLE_EQ(JainIndex(std::vector<double>{3, 3, 3}), 1);
  EXPECT_DOUBLE_EQ(JainIndex(std::vector<double>{1, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(JainIndex(std::vector<double>{}), 1);
}

}  // namespace
}  // namespace strobe::workload
