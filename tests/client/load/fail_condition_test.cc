#include "client/load/fail_condition.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::HasSubstr;

// 1, 2 ... 100 ms.
LoadSummary Summary() {
  LoadSummary summary;
  for (int i = 1; i <= 100; ++i) summary.all.latency.sorted.push_back(i * 1e-3);
  summary.all.latency.mean = 0.0505;
  summary.first_image.sorted = {0.01};
  summary.send_lag.sorted = {0.0001};
  summary.completed_rate = 100;
  summary.goodput = 90;
  summary.image_rate = 200;
  summary.error_share = 0.02;
  summary.wrong_size_images = 1;
  summary.corrupt_images = 2;
  summary.all.requests = 100;
  summary.all.good = 95;
  return summary;
}

bool HoldsFor(const std::string& text) {
  const auto condition = ParseFailCondition(text);
  EXPECT_TRUE(condition.ok()) << text << ": " << condition.status();
  PixelCheckResult pixels;
  pixels.mismatched = 1;
  return condition.ok() && Holds(*condition, Summary(), pixels);
}

TEST(FailConditionTest, ComparesEveryFigure) {
  const std::pair<const char*, bool> cases[] = {{"p99>98ms", true},
                                                {"p99>99ms", false},
                                                {"p99>=99ms", true},
                                                {"p50<51ms", true},
                                                {"p50<=50ms", true},
                                                {"p50<50ms", false},
                                                {" mean > 0.05s ", true},
                                                {"max>100ms", false},
                                                {"p99.9>99ms", true},
                                                {"first_image_p99>9ms", true},
                                                {"send_lag_p99>1ms", false},
                                                {"throughput<101", true},
                                                {"goodput<90", false},
                                                {"images<1000", true},
                                                {"errors>1%", true},
                                                {"errors>0.03", false},
                                                {"attainment<99%", true},
                                                {"attainment<0.9", false},
                                                {"pixel_mismatches>0", true},
                                                {"unrepeatable>0", false},
                                                {"broken_images>2", true},
                                                {"broken_images>3", false},
                                                {"p99>1m", false}};
  for (const auto& [text, holds] : cases) EXPECT_EQ(HoldsFor(text), holds) << text;
}

TEST(FailConditionTest, ALatencyWithoutAnyReplyIsInfinite) {
  EXPECT_TRUE(Holds(*ParseFailCondition("p99>1h"), LoadSummary(), {}));
}

TEST(FailConditionTest, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"p99", "no comparison"},       {"p99>200", "no duration"},  {"p99>fast", "no duration"},
      {"p101>1ms", "no figure"},      {"p>1ms", "no figure"},      {"speed>1", "no figure"},
      {"throughput>x", "no number"},  {"errors>1ms", "no number"}, {">1ms", "no figure"},
      {"first_image_>1ms", "figure"}, {"goodput<nan", "no number"}};
  for (const auto& [text, what] : cases) {
    const auto condition = ParseFailCondition(text);
    ASSERT_FALSE(condition.ok()) << text;
    EXPECT_THAT(std::string(condition.status().message()), HasSubstr(what)) << text;
  }
}

}  // namespace
}  // namespace strobe::client
