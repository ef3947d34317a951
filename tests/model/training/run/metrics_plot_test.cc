#include "model/training/run/metrics_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(LossCurvesSvgTest, EveryStageHasAPanelAndALogarithmicAxis) {
  const std::string svg = LossCurvesSvg(
      "{\"stage\":\"text\",\"step\":0,\"loss\":100.0}\n"
      "{\"stage\":\"text\",\"step\":5,\"loss\":10.0}\n"
      "{\"stage\":\"text\",\"step\":10,\"loss\":1.0}\n"
      "{\"stage\":\"teacher\",\"step\":1,\"loss\":0.5}\n");
  EXPECT_THAT(svg, HasSubstr("text: loss"));
  EXPECT_THAT(svg, HasSubstr("teacher: loss"));
  EXPECT_THAT(svg, HasSubstr("height=\"360\""));
  // 10 lies half way between 100 and 1, between 30 and 150 down the page.
  EXPECT_THAT(svg, HasSubstr("345.0,90.0"));
}

TEST(LossCurvesSvgTest, TheLaterLineOfAStepCounts) {
  const std::string svg = LossCurvesSvg(
      "{\"stage\":\"text\",\"step\":1,\"loss\":777}\n{\"stage\":\"text\",\"step\":1,\"loss\":2}\n");
  EXPECT_THAT(svg, Not(HasSubstr("777")));
}

TEST(LossCurvesSvgTest, BrokenLinesAreLeftOut) {
  const std::string svg = LossCurvesSvg("{\"stage\":\"te\nnonsense\n{\"stage\":1}\n[]\n");
  EXPECT_THAT(svg, HasSubstr("</svg>"));
  EXPECT_THAT(svg, Not(HasSubstr("polyline")));
}

}  // namespace
}  // namespace strobe::model
