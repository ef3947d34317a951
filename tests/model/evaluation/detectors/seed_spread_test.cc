#include "model/evaluation/detectors/seed_spread.h"

#include <set>

#include <gtest/gtest.h>

#include "model/evaluation/detectors/palette_error.h"
#include "model/scenes/scene_renderer.h"
#include "model/scenes/scene_sampler.h"

namespace strobe::model {
namespace {

SpreadReading SceneAt(double x, float red, double radius = 0.3) {
  DetectedScene scene;
  scene.background_rgb = {red, 0.5f, 0.5f};
  DetectedObject object;
  object.center_x = x;
  object.radius = radius;
  scene.objects.push_back(object);
  return ReadingOf(scene);
}

constexpr size_t kCenter = static_cast<size_t>(SpreadAttribute::kCenter);
constexpr size_t kRadius = static_cast<size_t>(SpreadAttribute::kRadius);
constexpr size_t kBackground = static_cast<size_t>(SpreadAttribute::kBackground);

TEST(VarianceOverSeedsTest, IsThatOfEachAttributeSummedOverItsParts) {
  const PromptVariance variance = VarianceOverSeeds({SceneAt(0.4, 0.1f), SceneAt(0.6, 0.5f)});
  EXPECT_NEAR(variance[kCenter].value(), 0.02, 1e-6);
  EXPECT_NEAR(variance[kBackground].value(), 0.08, 1e-6);
  EXPECT_EQ(variance[kRadius].value(), 0.0);
}

TEST(VarianceOverSeedsTest, PicturesWithoutAnObjectDoNotCount) {
  const PromptVariance variance =
      VarianceOverSeeds({SceneAt(0.4, 0.1f), ReadingOf(DetectedScene())});
  EXPECT_FALSE(variance[kBackground].has_value());
}

TEST(SpreadRatioTest, HalfTheDeviationIsAHalf) {
  const std::vector<PromptVariance> truth = {
      VarianceOverSeeds({SceneAt(0.4, 0.1f), SceneAt(0.6, 0.1f)}),
      VarianceOverSeeds({SceneAt(0.2, 0.1f), SceneAt(0.4, 0.1f)}),
      PromptVariance(kNumSpreadAttributes)};
  const std::vector<PromptVariance> narrow = {
      VarianceOverSeeds({SceneAt(0.45, 0.1f), SceneAt(0.55, 0.1f)}),
      VarianceOverSeeds({SceneAt(0.25, 0.1f), SceneAt(0.35, 0.1f)}), truth[0]};
  const Resampled ratio = SpreadRatio(narrow, truth, kCenter, 1, 50);
  EXPECT_NEAR(ratio.value, 0.5, 1e-9);
  ASSERT_EQ(ratio.draws.size(), 50u);
  EXPECT_NEAR(ratio.draws.front(), 0.5, 1e-9);
  EXPECT_EQ(SpreadRatio(narrow, truth, kRadius, 1, 1).value, 0.0);
}

TEST(SampleTrueToTest, WhatIsSaidStaysAndTheRestVaries) {
  SceneSamplerOptions options;
  options.domain = SceneDomain::kRich;
  const SceneSampler sampler(options);
  CaptionTruth truth;
  truth.position = ScenePosition::kLeft;
  truth.objects = {{SceneShape::kStar, {}, SceneSize::kSmall, SceneTexture::kStriped}};
  std::set<SceneColor> colors;
  std::set<SceneColor> backgrounds;
  for (uint64_t i = 0; i < 200; ++i) {
    const Scene scene = sampler.SampleTrueTo(truth, i);
    ASSERT_EQ(scene.objects.size(), 1u);
    EXPECT_EQ(scene.objects[0].shape, SceneShape::kStar);
    EXPECT_EQ(scene.objects[0].size, SceneSize::kSmall);
    EXPECT_EQ(scene.objects[0].texture, SceneTexture::kStriped);
    EXPECT_EQ(scene.position, ScenePosition::kLeft);
    EXPECT_LT(scene.objects[0].center_x, 0.5f);
    EXPECT_NE(scene.objects[0].color, scene.background);
    EXPECT_FALSE(IsHeldOut(SceneDomain::kRich, scene));
    colors.insert(scene.objects[0].color);
    backgrounds.insert(scene.background);
  }
  EXPECT_GE(colors.size(), 8u);
  EXPECT_GE(backgrounds.size(), 8u);
}

TEST(PaletteErrorTest, IsTheJitterOfATruePicture) {
  Scene scene;
  scene.background = SceneColor::kWhite;
  scene.background_rgb = PaletteRgb(SceneColor::kWhite);
  SceneObject object;
  object.rgb = PaletteRgb(SceneColor::kRed);
  scene.objects.push_back(object);
  const auto error = [&] {
    return PaletteErrorOf(*DetectScene(RenderScene(scene, 64), SceneDomain::kRich));
  };
  EXPECT_LT(error().background, 2.0);
  EXPECT_LT(error().objects.value(), 2.0);
  scene.background_rgb[0] -= 20.0f / 255.0f;
  EXPECT_NEAR(error().background, 20.0, 2.0);
}

}  // namespace
}  // namespace strobe::model
