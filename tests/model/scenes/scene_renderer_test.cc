#include "model/scenes/scene_renderer.h"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/scenes/scene_sampler.h"
#include "model/scenes/scene_shapes.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;

constexpr double kPi = 3.14159265358979;

std::vector<int> PixelAt(const RgbImage& image, int x, int y) {
  const size_t at = 3 * (static_cast<size_t>(y) * static_cast<size_t>(image.width) + x);
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

Scene BlackOnWhite(SceneShape shape, float radius) {
  Scene scene;
  scene.background_rgb = {1, 1, 1};
  SceneObject object;
  object.shape = shape;
  object.radius = radius;
  object.rgb = {0, 0, 0};
  scene.objects.push_back(object);
  return scene;
}

// The part of the picture that is black, in pixels.
double DarkArea(const Scene& scene, int size) {
  std::vector<float> planes(3 * static_cast<size_t>(size) * static_cast<size_t>(size));
  RenderSceneFloat(scene, size, absl::MakeSpan(planes));
  double area = 0;
  for (int i = 0; i < size * size; ++i) area += 1.0 - planes[static_cast<size_t>(i)];
  return area;
}

TEST(SceneRendererTest, EveryShapeCoversItsArea) {
  const double r2 = 0.3 * 64 * 0.3 * 64;
  const std::pair<SceneShape, double> kAreas[] = {
      {SceneShape::kCircle, kPi},
      {SceneShape::kSquare, 1.8 * 1.8},
      {SceneShape::kTriangle, 1.02 * 1.95},
      {SceneShape::kRing, kPi * 0.75},
      {SceneShape::kDiamond, 2 * 1.08 * 1.08},
      {SceneShape::kCross, 4 * 0.36 * (2 - 0.36)},
      {SceneShape::kStar, 10 * 0.5 * 1.08 * 1.08 * 0.47 * std::sin(kPi / 5)},
  };
  for (const auto& [shape, unit_area] : kAreas) {
    EXPECT_NEAR(DarkArea(BlackOnWhite(shape, 0.3f), 64), unit_area * r2, 0.01 * unit_area * r2)
        << ShapeName(shape);
  }
}

TEST(SceneRendererTest, TheAreaGrowsWithTheSquareOfTheSize) {
  for (int i = 0; i < kNumShapes; ++i) {
    const Scene scene = BlackOnWhite(static_cast<SceneShape>(i), 0.3f);
    const double at_64 = DarkArea(scene, 64);
    EXPECT_NEAR(DarkArea(scene, 256) / at_64, 16.0, 0.2) << i;
  }
}

TEST(SceneRendererTest, NoShapeReachesFurtherThanItMay) {
  for (int i = 0; i < kNumShapes; ++i) {
    for (float t = -1.2f; t <= 1.2f; t += 0.01f) {
      EXPECT_GT(ShapeDistance(static_cast<SceneShape>(i), t, kShapeReach + 0.001f), 0) << i;
      EXPECT_GT(ShapeDistance(static_cast<SceneShape>(i), t, -kShapeReach - 0.001f), 0) << i;
      EXPECT_GT(ShapeDistance(static_cast<SceneShape>(i), kShapeReach + 0.001f, t), 0) << i;
      EXPECT_GT(ShapeDistance(static_cast<SceneShape>(i), -kShapeReach - 0.001f, t), 0) << i;
    }
  }
}

TEST(SceneRendererTest, DistancesGrowByOneAlongTheirGradient) {
  for (int i = 0; i < kNumShapes; ++i) {
    const SceneShape shape = static_cast<SceneShape>(i);
    int checked = 0;
    for (float x = -1.45f; x < 1.5f; x += 0.173f) {
      for (float y = -1.45f; y < 1.5f; y += 0.173f) {
        constexpr float h = 1e-3f;
        const float gx =
            (ShapeDistance(shape, x + h, y) - ShapeDistance(shape, x - h, y)) / (2 * h);
        const float gy =
            (ShapeDistance(shape, x, y + h) - ShapeDistance(shape, x, y - h)) / (2 * h);
        checked += std::abs(std::hypot(gx, gy) - 1.0f) < 0.02f;
      }
    }
    EXPECT_GT(checked, 0.93 * 18 * 18) << ShapeName(shape);  // creases aside
  }
}

TEST(SceneRendererTest, EdgesAreSoftAndTheRestIsNot) {
  const RgbImage image = RenderScene(BlackOnWhite(SceneShape::kCircle, 0.3f), 64);
  int soft = 0;
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    soft += image.pixels[i] != 0 && image.pixels[i] != 255;
  }
  EXPECT_GT(soft, 60);
  EXPECT_LT(soft, 180);  // about the circumference, 121
  EXPECT_THAT(PixelAt(image, 32, 32), ElementsAre(0, 0, 0));
  EXPECT_THAT(PixelAt(image, 1, 1), ElementsAre(255, 255, 255));
}

TEST(SceneRendererTest, TrianglesPointUpAndHeartsDown) {
  const RgbImage triangle = RenderScene(BlackOnWhite(SceneShape::kTriangle, 0.4f), 64);
  EXPECT_THAT(PixelAt(triangle, 14, 50), ElementsAre(0, 0, 0));
  EXPECT_THAT(PixelAt(triangle, 14, 12), ElementsAre(255, 255, 255));
  const RgbImage heart = RenderScene(BlackOnWhite(SceneShape::kHeart, 0.4f), 64);
  EXPECT_THAT(PixelAt(heart, 14, 20), ElementsAre(0, 0, 0));
  EXPECT_THAT(PixelAt(heart, 14, 52), ElementsAre(255, 255, 255));
}

TEST(SceneRendererTest, ObjectsStandWhereTheSceneSays) {
  Scene scene = BlackOnWhite(SceneShape::kCircle, 0.1f);
  scene.objects[0].center_x = 0.25f;
  scene.objects[0].center_y = 0.75f;
  const RgbImage image = RenderScene(scene, 64);
  EXPECT_THAT(PixelAt(image, 16, 48), ElementsAre(0, 0, 0));
  EXPECT_THAT(PixelAt(image, 48, 16), ElementsAre(255, 255, 255));
}

TEST(SceneRendererTest, TexturesMarkTheirShareOfTheSurface) {
  const std::pair<SceneTexture, double> kShares[] = {{SceneTexture::kSolid, 0},
                                                     {SceneTexture::kStriped, 0.4},
                                                     {SceneTexture::kDotted, kPi * 0.09},
                                                     {SceneTexture::kCheckered, 0.5}};
  for (const auto& [texture, share] : kShares) {
    double sum = 0;
    for (int i = 0; i < 200; ++i) {
      for (int j = 0; j < 200; ++j) {
        const float u = (static_cast<float>(i) + 0.5f) / 200;
        const float v = (static_cast<float>(j) + 0.5f) / 200;
        sum += TextureMark(texture, u - 3, v + 2, 20.0f);
      }
    }
    EXPECT_NEAR(sum / 40000, share, 0.01) << TextureName(texture);
  }
}

TEST(SceneRendererTest, MarksAreDarkerOnLightColoursAndLighterOnBlack) {
  for (SceneColor color : DomainObjectColors(SceneDomain::kRich)) {
    const Rgb rgb = PaletteRgb(color);
    const Rgb mark = TextureMarkRgb(rgb);
    const float change = std::accumulate(mark.begin(), mark.end(), 0.0f) -
                         std::accumulate(rgb.begin(), rgb.end(), 0.0f);
    EXPECT_EQ(change > 0, color == SceneColor::kBlack) << ColorName(color);
    EXPECT_GT(std::abs(change), 0.5f) << ColorName(color);
  }
}

TEST(SceneRendererTest, BytesAndFloatsAreTheSamePicture) {
  SceneSamplerOptions options;
  options.domain = SceneDomain::kRich;
  const Scene scene = SceneSampler(options).Sample(3);
  const RgbImage image = RenderScene(scene, 48);
  std::vector<float> planes(3 * 48 * 48);
  RenderSceneFloat(scene, 48, absl::MakeSpan(planes));
  for (size_t p = 0; p < 48 * 48; ++p) {
    for (size_t c = 0; c < 3; ++c) {
      ASSERT_NEAR(image.pixels[3 * p + c], planes[c * 48 * 48 + p] * 255.0f, 0.501f);
    }
  }
}

TEST(SceneRendererTest, OnePixelIsAPicture) {
  const RgbImage image = RenderScene(BlackOnWhite(SceneShape::kCircle, 0.1f), 1);
  EXPECT_EQ(image.pixels.size(), 3u);
}

}  // namespace
}  // namespace strobe::model
