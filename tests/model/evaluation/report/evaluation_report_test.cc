#include "model/evaluation/report/evaluation_report.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/evaluation/report/statistic_names.h"

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Draws around `value` that all rows share, so that differences have no interval.
Resampled Around(double value) {
  Resampled statistic{value, {}};
  for (int r = -50; r <= 50; ++r) statistic.draws.push_back(value + 0.1 * r);
  return statistic;
}

const ComparisonRow kBase{"Imagine Flash", "imagine-flash", 3, {}, {}};
const ComparisonRow kOther{"without discriminator", "no-discriminator", 3, {}, {}};

MeasuredTable Table() {
  MeasuredTable table{{"What each part does", kBase, {kBase, kOther}}, {}};
  table.rows.push_back({kBase, 3, {{kFrechet, Around(12.5)}, {kSaturation, Around(300)}}});
  table.rows.push_back({kOther, 3, {{kFrechet, Around(14.0)}, {kSaturation, Around(310)}}});
  return table;
}

TEST(EvaluationMarkdownTest, DifferencesAreToTheBaseWithTheirPairedInterval) {
  const std::string text = EvaluationMarkdown({Table()}, nullptr, {});
  EXPECT_THAT(text, AllOf(HasSubstr("Differences are to *Imagine Flash, 3 steps*"),
                          HasSubstr("| Imagine Flash | 3 | 3 | 12.50 | 0 |"),
                          HasSubstr("| without discriminator | 3 | 3 | 14.00 | **+1.50 [+1.50, "
                                    "+1.50]** |")));
  EXPECT_LT(text.find("## What each part does"), text.find("without discriminator"));
}

TEST(EvaluationMarkdownTest, ADifferenceThatMayBeNoneIsNotBold) {
  MeasuredTable table = Table();
  Resampled& other = table.rows[1].statistics.at(kFrechet);
  std::reverse(other.draws.begin(), other.draws.end());
  EXPECT_THAT(EvaluationMarkdown({table}, nullptr, {}),
              HasSubstr("| 14.00 | +1.50 [-8.00, +11.00] |"));
}

TEST(EvaluationMarkdownTest, TheLookIsComparedWithTheTeachersPictures) {
  const RowStatistics teacher = {{kSaturation, Around(305)}};
  EXPECT_THAT(EvaluationMarkdown({Table()}, &teacher, {}),
              AllOf(HasSubstr("| Imagine Flash | 3 | 3 | **-5.0 [-5.0, -5.0]** |"),
                    HasSubstr("| without discriminator | 3 | 3 | **+5.0 [+5.0, +5.0]** |")));
}

TEST(EvaluationMarkdownTest, ColumnsThatNoRowHasAreLeftOutAndMissingFoldersAreNamed) {
  EvaluationFacts facts;
  facts.missing = {"lcm"};
  facts.benchmark.title = "open prompts";
  const std::string text = EvaluationMarkdown({Table()}, nullptr, facts);
  EXPECT_THAT(text, AllOf(HasSubstr("missing: lcm"), HasSubstr("open prompts"),
                          Not(HasSubstr("held out %")), Not(HasSubstr("MMD² ↓"))));
}

TEST(EvaluationMarkdownTest, AttributesStandBesideThoseOfTruePicturesAndBoldWhereTheyDiffer) {
  MeasuredTable table = Table();
  table.rows[0].statistics[DetectedName("mood")] = Around(0.90);
  table.rows[1].statistics[DetectedName("mood")] = Around(0.80);
  EvaluationFacts facts;
  facts.benchmark.attributes = {{DetectedName("mood"), "mood (98.5)"},
                                {DetectedName("antenna"), "antenna (97.0)"}};
  facts.floor = {{{"True pictures", "", 0, {}, {}}, 0, {{DetectedName("mood"), Around(0.985)}}}};
  const std::string text = EvaluationMarkdown({table}, nullptr, facts);
  EXPECT_THAT(text, AllOf(HasSubstr("| row | steps | trainings | mood (98.5) |"),
                          HasSubstr("| True pictures | - | - | **98.5** |"),
                          HasSubstr("| Imagine Flash | 3 | 3 | 90.0 |"),
                          HasSubstr("| without discriminator | 3 | 3 | **80.0** |"),
                          Not(HasSubstr("antenna"))));
}

TEST(EvaluationMarkdownTest, WithoutItsBaseATableHasValuesAlone) {
  MeasuredTable table = Table();
  table.rows.erase(table.rows.begin());
  EXPECT_THAT(EvaluationMarkdown({table}, nullptr, {}),
              HasSubstr("| without discriminator | 3 | 3 | 14.00 | - |"));
}

}  // namespace
}  // namespace strobe::model
