#include "model/evaluation/report/comparison_rows.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/evaluation/report/pairwise_page.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ComparisonRowTest, RowsOfUnlikeSamplingHaveUnlikeNames) {
  ComparisonRow row{"Imagine Flash", "imagine-flash", 3, {}, {}};
  std::set<std::string> names = {row.Name()};
  row.steps = 2;
  names.insert(row.Name());
  row.noise_correction = true;
  names.insert(row.Name());
  row.noise_correction = false;
  names.insert(row.Name());
  EXPECT_EQ(names.size(), 4u);
  row.label = "trained on, sampled off";
  EXPECT_EQ(names.count(row.Name()), 1u);
}

TEST(StandardTablesTest, EachTableHoldsItsBaseAndNoRowTwice) {
  for (const ComparisonTable& table : StandardTables()) {
    std::set<std::string> names;
    for (const ComparisonRow& row : table.rows) {
      EXPECT_TRUE(names.insert(row.Name()).second) << table.title << ": " << row.Name();
    }
    EXPECT_EQ(names.count(table.base.Name()), 1u) << table.title;
  }
}

TEST(StandardTablesTest, TheCorrectionIsTrainedAndSampledOnAndOffForBothPredictions) {
  std::set<std::string> cells;
  for (const ComparisonTable& table : StandardTables()) {
    for (const ComparisonRow& row : table.rows) {
      if (row.noise_correction.has_value() && row.steps == 3) {
        cells.insert(row.folder + (*row.noise_correction ? " on" : " off"));
      }
    }
  }
  EXPECT_THAT(cells,
              ::testing::ElementsAre("epsilon off", "epsilon on", "epsilon-uncorrected off",
                                     "epsilon-uncorrected on", "imagine-flash off",
                                     "imagine-flash on", "uncorrected off", "uncorrected on"));
}

TEST(PairwisePageTest, TellsNoModelFromAnotherBeforeTheExport) {
  const std::vector<PicturePair> pairs(40, {"a </script> circle", "one", "two"});
  const std::string page = PairwisePage("ours", "theirs", pairs, 4);
  // Base64 of "one" and "two": both sides have both.
  EXPECT_THAT(page, HasSubstr(R"("left":"b25l")"));
  EXPECT_THAT(page, HasSubstr(R"("left":"dHdv")"));
  EXPECT_THAT(page, Not(HasSubstr("a </script>")));
}

}  // namespace
}  // namespace strobe::model
