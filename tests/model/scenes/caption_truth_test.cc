#include "model/scenes/caption_truth.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/scenes/captioner.h"
#include "model/scenes/scene_sampler.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;

Scene RichScene(uint64_t index, const SceneMix& mix) {
  SceneSamplerOptions options;
  options.domain = SceneDomain::kRich;
  options.mix = mix;
  return SceneSampler(options).Sample(index);
}

// The names of the labels' classes, by head.
std::map<std::string, std::string> Named(const std::vector<int>& labels) {
  std::map<std::string, std::string> named;
  for (size_t i = 0; i < labels.size(); ++i) {
    const AttributeHead& head = CaptionHeads()[i];
    if (labels[i] > kNotSaid) named[head.name] = head.classes[static_cast<size_t>(labels[i])];
  }
  return named;
}

TEST(CaptionHeadsTest, TheirClassesAreTheWordsOfCaptions) {
  const AttributeHeads& heads = CaptionHeads();
  EXPECT_EQ(heads.size(), 4u + 4u * kMaxObjects);
  EXPECT_THAT(heads[0].classes, ElementsAre("", "1", "2", "3"));
  EXPECT_THAT(heads[3].classes, ElementsAre("", "left of", "right of", "above", "below"));
  EXPECT_EQ(heads[5].name, "color_0");
  EXPECT_EQ(heads[5].classes.size(), kNumColors + 1u);
  EXPECT_EQ(heads[5].classes[1], "red");
}

TEST(CaptionLabelsTest, TheyFitTheirHeads) {
  const AttributeHeads& heads = CaptionHeads();
  for (uint64_t i = 0; i < 2000; ++i) {
    const std::vector<int> labels =
        CaptionLabels(CaptionScene(RichScene(i, SceneMix()), {}, 10, i).truth);
    ASSERT_EQ(labels.size(), heads.size());
    for (size_t h = 0; h < heads.size(); ++h) {
      EXPECT_GE(labels[h], 0) << heads[h].name;
      EXPECT_LT(labels[h], static_cast<int>(heads[h].classes.size())) << heads[h].name;
    }
  }
}

TEST(CaptionLabelsTest, TheyTellWhatIsSaidAndNothingElse) {
  CaptionTruth truth;
  truth.position = ScenePosition::kLeft;
  truth.objects = {{SceneShape::kTriangle, {}, {}, SceneTexture::kSolid}};
  const std::map<std::string, std::string> expected = {
      {"count", "1"}, {"position", "left"}, {"shape_0", "triangle"}, {"texture_0", "solid"}};
  EXPECT_EQ(Named(CaptionLabels(truth)), expected);
}

TEST(PictureLabelsTest, ALoneObjectTellsAllThatAFullCaptionSays) {
  for (uint64_t i = 0; i < 200; ++i) {
    const Scene scene = RichScene(i, {1, 0, 0, 0, 0.4});
    const auto said = Named(CaptionLabels(CaptionScene(scene, kSayAll, 1, 0).truth));
    EXPECT_EQ(Named(PictureLabels(scene)), said);
  }
}

TEST(PictureLabelsTest, SeveralObjectsTellTheirNumberAndLikeOnesTheirLooks) {
  const std::vector<int> pair = PictureLabels(RichScene(3, {0, 1, 0, 0, 0.4}));
  EXPECT_EQ(Named(pair).size(), 2u);
  EXPECT_EQ(Named(pair).at("count"), "2");
  EXPECT_EQ(pair[3], kNotTold);
  const auto alike = Named(PictureLabels(RichScene(3, {0, 0, 0, 1, 0.4})));
  EXPECT_EQ(alike.size(), 5u);
  EXPECT_EQ(alike.count("size_0") + alike.count("position"), 0u);
}

}  // namespace
}  // namespace strobe::model
