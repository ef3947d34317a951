#include "workload/latency_statistics.h"

#include <cmath>
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

TEST(LatencyStatisticsTest, TheRatioOfPairsIsTheGeometricMeanWithStudentsInterval) {
  // Ratios 2, 2 and 0.5: logarithms of mean ln(2) / 3 and standard deviation 0.8003.
  const RepeatedFigure ratio =
      RatioOfPairs(std::vector<double>{20, 200, 5}, std::vector<double>{10, 100, 10});
  EXPECT_EQ(ratio.runs, 3u);
  EXPECT_NEAR(ratio.mean, std::cbrt(2), 1e-12);
  // exp(0.23105 -+ 4.303 * 0.8003 / sqrt(3))
  EXPECT_NEAR(ratio.interval->low, 0.1725, 1e-3);
  EXPECT_NEAR(ratio.interval->high, 9.2, 0.02);
}

TEST(LatencyStatisticsTest, ARatioUpsideDownIsTheInverse) {
  const std::vector<double> a = {10, 11, 12};
  const std::vector<double> b = {9, 12, 15};
  EXPECT_NEAR(RatioOfPairs(a, b).mean, 1 / RatioOfPairs(b, a).mean, 1e-12);
  EXPECT_NEAR(RatioOfPairs(a, b).interval->low, 1 / RatioOfPairs(b, a).interval->high, 1e-12);
}

TEST(LatencyStatisticsTest, WhatIsNotPositiveHasNoRatio) {
  const std::vector<double> one = {1};
  EXPECT_EQ(RatioOfPairs(one, std::vector<double>{0}).runs, 0u);
  EXPECT_EQ(RatioOfPairs(std::vector<double>{0}, one).runs, 0u);
  EXPECT_EQ(RatioOfPairs({}, {}).runs, 0u);
  EXPECT_EQ(RatioOfPairs(one, one).runs, 1u);
  EXPECT_FALSE(RatioOfPairs(one, one).interval.has_value());
}

TEST(LatencyStatisticsTest, FairnessIsOneForEqualsAndOneOverNForASingleWinner) {
  EXPECT_DOUBLE_EQ(JainIndex(std::vector<double>{3, 3, 3}), 1);
  EXPECT_DOUBLE_EQ(JainIndex(std::vector<double>{1, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(JainIndex(std::vector<double>{}), 1);
}

}  // namespace
}  // namespace strobe::workload
