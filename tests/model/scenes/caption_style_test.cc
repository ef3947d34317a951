#include "model/scenes/caption_style.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/scenes/scene_sampler.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

// How many of the attributes that may be left out `truth` says, and how many there are.
struct SaidCount {
  int said = 0;
  int all = 0;

  void Add(bool is_said) {
    said += is_said;
    ++all;
  }
};

SaidCount Count(const CaptionTruth& truth) {
  SaidCount count;
  count.Add(truth.background.has_value());
  const SaidObject& object = truth.objects.front();
  count.Add(object.shape.has_value());
  count.Add(object.color.has_value());
  const bool pair = truth.kind == SceneKind::kPair;
  if (pair || truth.kind == SceneKind::kSingle) count.Add(object.size.has_value());
  if (pair) count.Add(truth.relation != SceneRelation::kNone);
  return count;
}

SaidCount CountAll(CaptionStyle style) {
  SceneSamplerOptions options;
  options.domain = SceneDomain::kRich;
  const SceneSampler sampler(options);
  SaidCount sum;
  for (uint64_t i = 0; i < 1000; ++i) {
    const SaidCount one = Count(CaptionInStyle(sampler.Sample(i), style, 3, i).truth);
    sum.said += one.said;
    sum.all += one.all;
    if (style == CaptionStyle::kSparse) {
      EXPECT_EQ(one.said, 1) << i;
    }
  }
  return sum;
}

TEST(CaptionStyleTest, NamedSaysEverythingAndSparseOneAttributeOfEachObject) {
  const SaidCount named = CountAll(CaptionStyle::kNamed);
  EXPECT_EQ(named.said, named.all);
  CountAll(CaptionStyle::kSparse);
}

TEST(CaptionStyleTest, OpenSaysHalf) {
  const SaidCount open = CountAll(CaptionStyle::kOpen);
  EXPECT_NEAR(static_cast<double>(open.said) / open.all, 0.5, 0.03);
}

TEST(CaptionStyleTest, NamesAreReadBackAndOthersNameTheChoices) {
  for (const CaptionStyle style :
       {CaptionStyle::kUsual, CaptionStyle::kNamed, CaptionStyle::kOpen, CaptionStyle::kSparse}) {
    EXPECT_EQ(*ParseCaptionStyle(CaptionStyleName(style)), style);
  }
  EXPECT_THAT(std::string(ParseCaptionStyle("loud").status().message()), HasSubstr("sparse"));
}

}  // namespace
}  // namespace strobe::model
