#include "model/evaluation/comparison_rows.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/evaluation/evaluation_prompts.h"
#include "model/evaluation/pairwise_page.h"
#include "model/scenes/scene_renderer.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EstimateMeanTest, TheIntervalIsThatOfTheNormalApproximation) {
  const Estimate estimate = EstimateMean({1.0, 0.0, 1.0, 0.0});
  EXPECT_DOUBLE_EQ(estimate.mean, 0.5);
  EXPECT_NEAR(estimate.half_width, 1.96 * std::sqrt(1.0 / 3 / 4), 1e-12);
  EXPECT_EQ(EstimateMean({}).half_width, 0.0);
}

RowResult SomeResult() {
  RowResult result;
  result.attributes.resize(kNumAttributes);
  result.attributes[static_cast<size_t>(Attribute::kShape)] = Estimate{0.75, 0.01};
  result.alignment = {0.9, 0.02};
  result.frechet = {12.5, 0.5};
  return result;
}

TEST(RowResultTest, SurvivesItsJson) {
  const auto read = ParseRowResult(RowResultJson(SomeResult()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(RowResultJson(*read), RowResultJson(SomeResult()));
  EXPECT_FALSE(read->attributes[static_cast<size_t>(Attribute::kTexture)].has_value());
}

TEST(RowResultTest, OtherJsonIsRefused) {
  EXPECT_EQ(ParseRowResult({{"alignment", 3}}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(EvaluationMarkdownTest, EachRowIsInItsTableAndMissingFoldersAreNamed) {
  ComparisonRow row{3, "without discriminator", "no-discriminator", 3, {}, {}};
  EvaluationFacts facts;
  facts.true_renders = SomeResult();
  facts.missing = {"lcm"};
  const std::string text = EvaluationMarkdown({{row, SomeResult()}}, facts);
  EXPECT_LT(text.find("## Table 3"), text.find("without discriminator"));
  EXPECT_THAT(text, HasSubstr("| without discriminator | 3 | 12.50 ±0.50 |"));
  EXPECT_THAT(text, HasSubstr("missing: lcm"));
}

TEST(EvaluationPromptsTest, FewerAreTheFirstOfMoreAndHalfAreHeldOut) {
  const auto few = MakeEvaluationPrompts(SceneDomain::kRich, 4, 9);
  const auto many = MakeEvaluationPrompts(SceneDomain::kRich, 8, 9);
  for (size_t i = 0; i < few.size(); ++i) {
    EXPECT_EQ(few[i].caption.text, many[i].caption.text);
    EXPECT_EQ(many[i].held_out, i % 2 == 1);
  }
}

TEST(ScorePictureTest, ATruePictureIsAllRight) {
  int right = 0;
  const auto prompts = MakeEvaluationPrompts(SceneDomain::kRich, 100, 9);
  for (const EvaluationPrompt& prompt : prompts) {
    const auto score = ScorePicture(RenderScene(prompt.scene, 64), prompt, SceneDomain::kRich);
    ASSERT_TRUE(score.ok()) << score.status();
    right += score->AllRight() ? 1 : 0;
  }
  EXPECT_GE(right, 98);
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
