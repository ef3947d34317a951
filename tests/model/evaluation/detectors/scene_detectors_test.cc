#include "model/evaluation/detectors/scene_detectors.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/evaluation/detectors/alignment_score.h"
#include "model/scenes/captioner.h"
#include "model/scenes/scene_random.h"
#include "model/scenes/scene_renderer.h"
#include "model/scenes/scene_sampler.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kLeastAccuracy = 0.98;

// A 3x3 box filter; pixels beyond the edge repeat it.
RgbImage Blurred(const RgbImage& image) {
  RgbImage blurred = image;
  const auto clamped = [&](int v) { return std::clamp(v, 0, image.width - 1); };
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        int sum = 0;
        for (int k = 0; k < 9; ++k) {
          const int from = clamped(y + k / 3 - 1) * image.width + clamped(x + k % 3 - 1);
          sum += image.pixels[static_cast<size_t>(3 * from + c)];
        }
        blurred.pixels[static_cast<size_t>(3 * (y * image.width + x) + c)] =
            static_cast<uint8_t>((sum + 4) / 9);
      }
    }
  }
  return blurred;
}

RgbImage WithNoise(const RgbImage& image, float sd, uint64_t seed) {
  SceneRandom random(seed, 0);
  RgbImage noisy = image;
  for (uint8_t& byte : noisy.pixels) {
    float normal = -6.0f;  // the sum of twelve uniforms has variance 1
    for (int i = 0; i < 12; ++i) normal += random.Between(0, 1);
    byte = static_cast<uint8_t>(std::clamp(byte + 255.0f * sd * normal, 0.0f, 255.0f));
  }
  return noisy;
}

// The mean share of right answers for each attribute over many pictures; "all" is the share of
// pictures without a fault.
using Accuracy = std::map<std::string, double>;
using Damage = std::function<RgbImage(const RgbImage&)>;

RgbImage Intact(const RgbImage& image) { return image; }

Accuracy MeasureOnRenders(const SceneSamplerOptions& options, int pictures, int size,
                          const Damage& damage) {
  const SceneSampler sampler(options);
  Accuracy right;
  std::map<std::string, int> asked;
  const auto add = [&](absl::string_view name, double share) {
    right[std::string(name)] += share;
    ++asked[std::string(name)];
  };
  for (int i = 0; i < pictures; ++i) {
    const Scene scene = sampler.Sample(static_cast<uint64_t>(i));
    const auto detected = DetectScene(damage(RenderScene(scene, size)), options.domain);
    if (!detected.ok()) return {};
    const CaptionTruth truth = CaptionScene(scene, kSayAll, 7, static_cast<uint64_t>(i)).truth;
    const AlignmentScore score = ScoreAlignment(*detected, truth);
    add("all", score.AllRight() ? 1 : 0);
    for (int a = 0; a < kNumAttributes; ++a) {
      const Attribute attribute = static_cast<Attribute>(a);
      if (score.share(attribute)) add(AttributeName(attribute), *score.share(attribute));
    }
  }
  for (auto& [name, sum] : right) sum /= asked[name];
  return right;
}

// Also writes the accuracy of each attribute to the log.
void ExpectAccurate(const Accuracy& accuracy, const std::vector<std::string>& attributes,
                    double least) {
  std::string report;
  for (const auto& [name, share] : accuracy) absl::StrAppend(&report, name, " ", share, "  ");
  std::cout << report << std::endl;
  for (const std::string& name : attributes) {
    const auto found = accuracy.find(name);
    ASSERT_NE(found, accuracy.end()) << name << " was never asked for";
    EXPECT_GE(found->second, least) << name;
  }
}

SceneSamplerOptions Simple(SceneSplit split) {
  SceneSamplerOptions options;
  options.split = split;
  options.seed = 11;
  return options;
}

SceneSamplerOptions Rich(uint64_t seed) {
  SceneSamplerOptions options;
  options.domain = SceneDomain::kRich;
  options.split = SceneSplit::kAll;
  options.seed = seed;
  return options;
}

TEST(SceneDetectorsTest, ReadAllFiveAttributesOfSimpleRenders) {
  for (SceneSplit split : {SceneSplit::kTrain, SceneSplit::kHeldOut}) {
    ExpectAccurate(MeasureOnRenders(Simple(split), 300, 64, Intact),
                   {"background", "color", "shape", "size", "position", "all"}, kLeastAccuracy);
  }
}

TEST(SceneDetectorsTest, ReadEveryAttributeOfRichRenders) {
  for (int size : {64, 128}) {
    ExpectAccurate(
        MeasureOnRenders(Rich(12), size == 64 ? 400 : 60, size, Intact),
        {"background", "color", "shape", "size", "position", "texture", "relation", "count", "all"},
        kLeastAccuracy);
  }
}

TEST(SceneDetectorsTest, CountAndNameThreeObjects) {
  SceneSamplerOptions options = Rich(13);
  options.mix = {0, 0, 0.5, 0.5, 0.5};
  ExpectAccurate(MeasureOnRenders(options, 200, 64, Intact), {"color", "shape", "texture", "count"},
                 kLeastAccuracy);
}

TEST(SceneDetectorsTest, SurviveTheBlurOfASmallDecoder) {
  const Damage twice = [](const RgbImage& image) { return Blurred(Blurred(image)); };
  ExpectAccurate(MeasureOnRenders(Simple(SceneSplit::kAll), 200, 64, twice), {"all"},
                 kLeastAccuracy);
  ExpectAccurate(MeasureOnRenders(Rich(14), 200, 64, Blurred), {"all"}, 0.95);
  ExpectAccurate(MeasureOnRenders(Rich(14), 200, 64, twice), {"all"}, 0.85);
}

TEST(SceneDetectorsTest, SurvivePixelNoise) {
  const Damage noise = [](const RgbImage& image) { return WithNoise(image, 0.05f, 5); };
  ExpectAccurate(MeasureOnRenders(Simple(SceneSplit::kAll), 200, 64, noise), {"all"}, 0.95);
  ExpectAccurate(MeasureOnRenders(Rich(15), 200, 64, noise), {"all"}, 0.9);
}

Scene LoneObject(SceneShape shape, SceneColor color, SceneColor background) {
  Scene scene;
  scene.background = background;
  scene.background_rgb = PaletteRgb(background);
  SceneObject object;
  object.shape = shape;
  object.color = color;
  object.rgb = PaletteRgb(color);
  scene.objects.push_back(object);
  return scene;
}

TEST(SceneDetectorsTest, MeasureWhereAnObjectStandsAndHowLargeItIs) {
  Scene scene = LoneObject(SceneShape::kHeart, SceneColor::kRed, SceneColor::kCyan);
  scene.objects[0].center_x = 0.3f;
  scene.objects[0].center_y = 0.6f;
  scene.objects[0].radius = 0.2f;
  for (SceneDomain domain : {SceneDomain::kSimple, SceneDomain::kRich}) {
    const auto detected = DetectScene(RenderScene(scene, 64), domain);
    ASSERT_TRUE(detected.ok());
    ASSERT_THAT(detected->objects, SizeIs(1));
    const DetectedObject& object = detected->objects[0];
    EXPECT_NEAR(object.center_x, 0.3, 0.01);
    EXPECT_NEAR(object.center_y, 0.6, 0.01);
    EXPECT_NEAR(object.radius, 0.2, 0.012);
    EXPECT_GT(object.iou, 0.93);
  }
}

TEST(SceneDetectorsTest, SeeAnObjectOfTheWrongColourShapeAndBackground) {
  const Scene scene = LoneObject(SceneShape::kStar, SceneColor::kBlue, SceneColor::kPink);
  const auto detected = DetectScene(RenderScene(scene, 64), SceneDomain::kSimple);
  ASSERT_TRUE(detected.ok());
  ASSERT_THAT(detected->objects, SizeIs(1));
  EXPECT_EQ(detected->background, SceneColor::kPink);
  EXPECT_EQ(detected->objects[0].shape, SceneShape::kStar);
  EXPECT_EQ(detected->objects[0].color, SceneColor::kBlue);
}

TEST(SceneDetectorsTest, FindNothingInAnEmptyPicture) {
  Scene scene = LoneObject(SceneShape::kStar, SceneColor::kBlue, SceneColor::kGray);
  scene.objects.clear();
  for (SceneDomain domain : {SceneDomain::kSimple, SceneDomain::kRich}) {
    const auto detected = DetectScene(RenderScene(scene, 64), domain);
    ASSERT_TRUE(detected.ok());
    EXPECT_EQ(detected->background, SceneColor::kGray);
    EXPECT_THAT(detected->objects, IsEmpty());
  }
}

TEST(SceneDetectorsTest, DoNotTakeSpecksForObjects) {
  Scene scene = LoneObject(SceneShape::kCircle, SceneColor::kRed, SceneColor::kWhite);
  SceneObject speck = scene.objects[0];
  speck.center_x = 0.1f;
  speck.center_y = 0.1f;
  speck.radius = 0.04f;
  scene.objects.push_back(speck);
  const auto detected = DetectScene(RenderScene(scene, 64), SceneDomain::kRich);
  ASSERT_TRUE(detected.ok());
  EXPECT_THAT(detected->objects, SizeIs(1));
}

TEST(SceneDetectorsTest, RefusePicturesThatAreNotSquareOrMissPixels) {
  const RgbImage wide{64, 32, std::vector<uint8_t>(64 * 32 * 3)};
  EXPECT_THAT(DetectScene(wide, SceneDomain::kSimple).status().message(), HasSubstr("64x32"));
  const RgbImage tiny{8, 8, std::vector<uint8_t>(8 * 8 * 3)};
  EXPECT_FALSE(DetectScene(tiny, SceneDomain::kSimple).ok());
  const RgbImage torn{64, 64, std::vector<uint8_t>(100)};
  EXPECT_THAT(DetectScene(torn, SceneDomain::kSimple).status().message(), HasSubstr("100"));
}

}  // namespace
}  // namespace strobe::model
