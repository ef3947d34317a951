#include "model/evaluation/report/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/evaluation/report/statistic_names.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

// Draws within +-`spread` that all rows share.
Resampled Around(double value, double spread = 0.01) {
  Resampled statistic{value, {}};
  for (int r = -50; r <= 50; ++r) statistic.draws.push_back(value + spread * r / 50);
  return statistic;
}

using Rows = std::map<std::string, MeasuredRow>;

void Add(Rows& rows, ComparisonRow row, RowStatistics statistics) {
  rows[row.Name()] = {row, 1, std::move(statistics)};
}

ComparisonRow Row(const std::string& folder, int steps) { return {"", folder, steps, {}, {}}; }

Claim Only(const Rows& rows) {
  const std::vector<Claim> claims = CheckClaims(rows);
  EXPECT_EQ(claims.size(), 1u);
  return claims.empty() ? Claim() : claims.front();
}

TEST(ClaimsTest, ABetterRowMeetsItsBarWhenMmdAgrees) {
  Rows rows;
  Add(rows, Row("imagine-flash", 3), {{kFrechet, Around(3.0)}, {kDiscrepancy, Around(1.0)}});
  Add(rows, Row("step", 4), {{kFrechet, Around(4.0)}, {kDiscrepancy, Around(1.5)}});
  EXPECT_NEAR(Only(rows).ratio.value, 0.75, 1e-9);
  EXPECT_TRUE(Only(rows).IsMet());
  rows[Row("step", 4).Name()].statistics[kDiscrepancy] = Around(0.5);
  EXPECT_FALSE(Only(rows).IsMet());
}

TEST(ClaimsTest, ADifferenceThatMayBeNoneDoesNotMeetIt) {
  Rows rows;
  Resampled wide = Around(3.0, 2.0);
  Add(rows, Row("imagine-flash", 3), {{kFrechet, wide}, {kDiscrepancy, Around(1.0)}});
  Add(rows, Row("step", 4), {{kFrechet, Around(4.0)}, {kDiscrepancy, Around(1.5)}});
  EXPECT_FALSE(Only(rows).IsMet());
}

TEST(ClaimsTest, ATooSmallGainDoesNotMeetIt) {
  Rows rows;
  Add(rows, Row("imagine-flash", 3), {{kFrechet, Around(3.8)}, {kDiscrepancy, Around(1.0)}});
  Add(rows, Row("step", 4), {{kFrechet, Around(4.0)}, {kDiscrepancy, Around(1.5)}});
  EXPECT_FALSE(Only(rows).IsMet());
}

TEST(ClaimsTest, PartsThatAreTakenAwayMustCost) {
  Rows rows;
  Add(rows, Row("imagine-flash", 3), {{kFrechet, Around(4.0)}, {kDiscrepancy, Around(1.0)}});
  Add(rows, Row("no-srl", 3), {{kFrechet, Around(3.0)}, {kDiscrepancy, Around(0.5)}});
  EXPECT_FALSE(Only(rows).IsMet());
  Add(rows, Row("no-srl", 3), {{kFrechet, Around(5.0)}, {kDiscrepancy, Around(1.5)}});
  EXPECT_TRUE(Only(rows).IsMet());
}

TEST(ClaimsTest, TheGapToTheTeacherHasNoSign) {
  Rows rows;
  Add(rows, TeacherRow(), {{kContrast, Around(300)}});
  ComparisonRow on = Row("imagine-flash", 3);
  on.noise_correction = true;
  ComparisonRow off = Row("uncorrected", 3);
  off.noise_correction = false;
  Add(rows, on, {{kContrast, Around(302)}});
  Add(rows, off, {{kContrast, Around(296)}});
  const Claim claim = Only(rows);
  EXPECT_THAT(claim.text, HasSubstr("gap of contrast"));
  EXPECT_NEAR(claim.ratio.value, 0.5, 1e-9);
  EXPECT_TRUE(claim.IsMet());
}

TEST(ClaimsTest, ASpreadBelowFourFifthsOfTheTeachersFails) {
  Rows rows;
  const std::string spread = SpreadName("centre");
  Add(rows, TeacherRow(), {{spread, Around(1.0)}});
  Add(rows, Row("imagine-flash", 2), {{spread, Around(0.3)}});
  EXPECT_FALSE(Only(rows).IsMet());
  Add(rows, Row("imagine-flash", 2), {{spread, Around(0.9)}});
  EXPECT_TRUE(Only(rows).IsMet());
}

TEST(ClaimsTest, SharesOfLearnedDetectorsHaveABarAndThoseOfOthersHaveNone) {
  Rows rows;
  Add(rows, Row("imagine-flash", 1), {{kAlignment, Around(0.9, 0.001)}});
  EXPECT_TRUE(CheckClaims(rows).empty());
  rows.begin()->second.statistics[DetectedName("color")] = Around(0.95);
  EXPECT_THAT(Only(rows).text, HasSubstr("attributes right, ours 1 steps"));
  EXPECT_TRUE(Only(rows).IsMet());
  rows.begin()->second.statistics[kAlignment] = Around(0.84, 0.001);
  EXPECT_FALSE(Only(rows).IsMet());
}

TEST(ClaimsTest, WithoutItsRowsThereIsNoClaim) { EXPECT_TRUE(CheckClaims({}).empty()); }

}  // namespace
}  // namespace strobe::model
