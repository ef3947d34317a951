#include "client/load/latency_histogram.h"

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::HasSubstr;

// 1, 2 ... n milliseconds, in seconds.
std::vector<double> Milliseconds(int n) {
  std::vector<double> values(n);
  for (int i = 0; i < n; ++i) values[i] = (i + 1) * 1e-3;
  return values;
}

// The lines of numbers.
std::vector<std::vector<double>> Rows(const std::string& text) {
  std::vector<std::vector<double>> rows;
  for (const auto line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (line.front() == '#' || line.find("Value") != absl::string_view::npos) continue;
    std::istringstream numbers{std::string(line)};
    rows.emplace_back();
    for (double number; numbers >> number;) rows.back().push_back(number);
  }
  return rows;
}

TEST(LatencyHistogramTest, IsInTheFormatOfHdrHistogram) {
  const std::string text = PercentilesAsHgrm(Milliseconds(10));
  const std::string head =
      "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
      "       1.000 0.000000000000          1           1.00\n"
      "       1.000 0.100000000000          1           1.11\n"
      "       2.000 0.200000000000          2           1.25\n";
  EXPECT_EQ(text.substr(0, head.size()), head);
  EXPECT_THAT(text, HasSubstr("\n      10.000 1.000000000000         10\n#[Mean    =        5.500, "
                              "StdDeviation   =        2.872]\n#[Max     =       10.000, Total "
                              "count    =           10]\n"));
}

TEST(LatencyHistogramTest, EachHalvingOfTheRestHasFiveLinesUpToTheLargestValue) {
  const auto rows = Rows(PercentilesAsHgrm(Milliseconds(1000)));
  for (size_t i = 0; i + 1 < rows.size(); ++i) {
    const double rest = std::exp2(-static_cast<double>(i / 5));
    EXPECT_NEAR(rows[i][1], 1 - rest + rest / 2 * static_cast<double>(i % 5) / 5, 1e-12);
    EXPECT_EQ(rows[i][2], rows[i][0]) << "of 1 to 1000 ms as many are up to it";
    EXPECT_NEAR(rows[i][3], 1 / (1 - rows[i][1]), 0.005 + 1e-9);
  }
  EXPECT_GT(rows[rows.size() - 2][1], 0.998);
  EXPECT_EQ(rows.back(), (std::vector<double>{1000, 1, 1000}));
}

TEST(LatencyHistogramTest, EqualValuesAndNoneAreShort) {
  EXPECT_EQ(Rows(PercentilesAsHgrm(std::vector<double>(50, 0.002))),
            (std::vector<std::vector<double>>{{2, 1, 50}}));
  EXPECT_TRUE(Rows(PercentilesAsHgrm({})).empty());
  EXPECT_THAT(PercentilesAsHgrm({}), HasSubstr("Total count    =            0]"));
}

}  // namespace
}  // namespace strobe::client
