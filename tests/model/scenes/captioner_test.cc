#include "model/scenes/captioner.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/scenes/scene_sampler.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr CaptionOptions kSayNothing = {0, 0, 0, 0, 0};

std::vector<std::string> WordsOf(const std::string& text) {
  return absl::StrSplit(absl::StrReplaceAll(text, {{",", " ,"}}), ' ');
}

Scene Sample(SceneDomain domain, uint64_t index) {
  SceneSamplerOptions options;
  options.domain = domain;
  options.split = SceneSplit::kAll;
  return SceneSampler(options).Sample(index);
}

Scene OrangeTriangleOnCyanLeft() {
  Scene scene;
  scene.background = SceneColor::kCyan;
  scene.position = ScenePosition::kLeft;
  SceneObject object;
  object.shape = SceneShape::kTriangle;
  object.color = SceneColor::kOrange;
  object.size = SceneSize::kSmall;
  scene.objects.push_back(object);
  return scene;
}

TEST(CaptionerTest, ACaptionIsAFunctionOfSeedAndVariant) {
  const Scene scene = OrangeTriangleOnCyanLeft();
  const std::string first = CaptionScene(scene, {}, 1, 0).text;
  EXPECT_EQ(CaptionScene(scene, {}, 1, 0).text, first);
  std::set<std::string> texts;
  for (uint64_t variant = 0; variant < 50; ++variant) {
    texts.insert(CaptionScene(scene, {}, 1, variant).text);
  }
  EXPECT_GT(texts.size(), 20u);
}

TEST(CaptionerTest, TheSimpleTemplatesAllAppear) {
  const Scene scene = OrangeTriangleOnCyanLeft();
  std::set<std::string> texts;
  for (uint64_t variant = 0; variant < 5000; ++variant) {
    texts.insert(CaptionScene(scene, kSayAll, 1, variant).text);
  }
  EXPECT_THAT(texts, IsSupersetOf({
                         "a small orange triangle on the left on a cyan background",
                         "a tiny orange triangle on a cyan background, on the left",
                         "small orange triangle on the left on cyan",
                         "a small orange triangle on the left, cyan background",
                         "a little orange triangle on the left side in front of a cyan background",
                         "a small triangle that is orange on the left on a cyan background",
                         "a cyan background with a small orange triangle on the left",
                         "a picture of a small orange triangle on the left on a cyan background",
                         "an image of a small orange triangle on the left on cyan",
                     }));
}

TEST(CaptionerTest, ArticlesFitTheirWords) {
  for (uint64_t i = 0; i < 3000; ++i) {
    const std::string text = CaptionScene(Sample(SceneDomain::kRich, i), {}, 2, i).text;
    const std::vector<std::string> words = WordsOf(text);
    for (size_t w = 0; w + 1 < words.size(); ++w) {
      const bool vowel = std::string("aeiou").find(words[w + 1][0]) != std::string::npos;
      EXPECT_FALSE(words[w] == "a" && vowel) << text;
      EXPECT_FALSE(words[w] == "an" && !vowel) << text;
    }
  }
}

TEST(CaptionerTest, TheVocabularyIsSortedAndExactlyWhatCaptionsUse) {
  const auto vocabulary = CaptionVocabulary();
  EXPECT_TRUE(std::is_sorted(vocabulary.begin(), vocabulary.end()));
  std::set<std::string> used;
  for (SceneDomain domain : {SceneDomain::kSimple, SceneDomain::kRich}) {
    for (uint64_t i = 0; i < 6000; ++i) {
      for (std::string& word : WordsOf(CaptionScene(Sample(domain, i), {}, 3, i).text)) {
        used.insert(std::move(word));
      }
    }
  }
  const std::set<std::string> known(vocabulary.begin(), vocabulary.end());
  EXPECT_EQ(used, known);
}

TEST(CaptionerTest, NoCaptionHasMoreThanTwentyTwoWords) {
  for (uint64_t i = 0; i < 20000; ++i) {
    const std::string text = CaptionScene(Sample(SceneDomain::kRich, i), kSayAll, 4, i).text;
    EXPECT_LE(WordsOf(text).size(), 22u) << text;
  }
}

TEST(CaptionerTest, EachTruthIsInTheTextAndEachOmissionIsNot) {
  for (uint64_t i = 0; i < 3000; ++i) {
    const Scene scene = Sample(SceneDomain::kSimple, i);
    const SceneCaption caption = CaptionScene(scene, {}, 5, i);
    const SaidObject& said = caption.truth.objects[0];
    const std::vector<std::string> words = WordsOf(caption.text);
    const auto holds = [&](absl::string_view word) {
      return std::find(words.begin(), words.end(), std::string(word)) != words.end();
    };
    EXPECT_EQ(holds(ShapeName(scene.objects[0].shape)), said.shape.has_value()) << caption.text;
    EXPECT_EQ(holds("shape"), !said.shape) << caption.text;
    EXPECT_EQ(holds(ColorName(scene.objects[0].color)), said.color.has_value()) << caption.text;
    EXPECT_EQ(holds(ColorName(scene.background)), caption.truth.background.has_value())
        << caption.text;
    const bool size_word =
        holds("small") || holds("tiny") || holds("little") || holds("large") || holds("big");
    EXPECT_EQ(size_word, said.size.has_value()) << caption.text;
    EXPECT_EQ(caption.truth.position, scene.position);
    if (scene.position != ScenePosition::kCenter) {
      EXPECT_TRUE(holds(PositionName(scene.position))) << caption.text;
    }
  }
}

TEST(CaptionerTest, AttributesAreLeftOutAtTheirRates) {
  int shape = 0, color = 0, background = 0, size = 0;
  constexpr int kCaptions = 5000;
  for (uint64_t i = 0; i < kCaptions; ++i) {
    const CaptionTruth truth = CaptionScene(OrangeTriangleOnCyanLeft(), {}, 6, i).truth;
    shape += truth.objects[0].shape.has_value();
    color += truth.objects[0].color.has_value();
    background += truth.background.has_value();
    size += truth.objects[0].size.has_value();
  }
  EXPECT_NEAR(shape, 0.96 * kCaptions, 100);
  EXPECT_NEAR(color, 0.93 * kCaptions, 100);
  EXPECT_NEAR(background, 0.88 * kCaptions, 100);
  EXPECT_NEAR(size, 0.60 * kCaptions, 150);
}

Scene RedCircleAboveDottedBlueCross() {
  Scene scene;
  scene.kind = SceneKind::kPair;
  scene.relation = SceneRelation::kAbove;
  scene.objects.resize(2);
  scene.objects[0].shape = SceneShape::kCircle;
  scene.objects[0].color = SceneColor::kRed;
  scene.objects[1].shape = SceneShape::kCross;
  scene.objects[1].color = SceneColor::kBlue;
  scene.objects[1].texture = SceneTexture::kDotted;
  return scene;
}

TEST(CaptionerTest, ARelationTurnsWithTheOrderOfItsObjects) {
  const CaptionOptions options = {1, 1, 0, 0, 1};
  std::set<std::string> texts;
  for (uint64_t i = 0; i < 200; ++i) {
    const SceneCaption caption = CaptionScene(RedCircleAboveDottedBlueCross(), options, 7, i);
    texts.insert(caption.text);
    const bool circle_first = caption.truth.objects[0].shape == SceneShape::kCircle;
    EXPECT_EQ(caption.truth.relation, circle_first ? SceneRelation::kAbove : SceneRelation::kBelow);
  }
  EXPECT_THAT(texts, IsSupersetOf({"a red circle above a dotted blue cross",
                                   "a dotted blue cross below a red circle"}));
  for (const std::string& text : texts) {
    EXPECT_NE(text.find("cross") < text.find("above"), text.find("above") != std::string::npos)
        << text;
  }
}

TEST(CaptionerTest, ARelationThatIsNotSaidIsNotDemanded) {
  const SceneCaption caption = CaptionScene(RedCircleAboveDottedBlueCross(), kSayNothing, 8, 0);
  EXPECT_EQ(caption.truth.relation, SceneRelation::kNone);
  EXPECT_THAT(caption.text, HasSubstr(" and "));
  EXPECT_THAT(caption.text, HasSubstr("dotted shape"));
  EXPECT_THAT(caption.text, Not(HasSubstr("above")));
}

TEST(CaptionerTest, CountsAreSaidInThePlural) {
  Scene scene;
  scene.kind = SceneKind::kCount;
  SceneObject object;
  object.shape = SceneShape::kCross;
  object.texture = SceneTexture::kStriped;
  scene.objects.assign(3, object);
  const CaptionOptions options = {1, 1, 0, 1, 1};
  const SceneCaption caption = CaptionScene(scene, options, 9, 0);
  EXPECT_THAT(caption.text, HasSubstr("three striped red crosses"));
  EXPECT_EQ(caption.truth.count, 3);
  EXPECT_EQ(caption.truth.objects.size(), 1u);
  EXPECT_EQ(caption.truth.objects[0].size, std::nullopt);
}

}  // namespace
}  // namespace strobe::model
