#include "model/scenes/scene_sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/scenes/scene_renderer.h"
#include "model/scenes/scene_shapes.h"

namespace strobe::model {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

SceneSampler Sampler(SceneDomain domain, SceneSplit split, uint64_t seed) {
  SceneSamplerOptions options;
  options.domain = domain;
  options.split = split;
  options.seed = seed;
  return SceneSampler(options);
}

TEST(SceneSamplerTest, ASceneIsAFunctionOfSeedAndIndexAlone) {
  const SceneSampler a = Sampler(SceneDomain::kRich, SceneSplit::kTrain, 5);
  const SceneSampler b = Sampler(SceneDomain::kRich, SceneSplit::kTrain, 5);
  const std::vector<uint8_t> late = RenderScene(a.Sample(900), 32).pixels;
  a.Sample(1);
  EXPECT_EQ(RenderScene(a.Sample(900), 32).pixels, late);
  EXPECT_EQ(RenderScene(b.Sample(900), 32).pixels, late);
  EXPECT_NE(RenderScene(a.Sample(901), 32).pixels, late);
  const SceneSampler other_seed = Sampler(SceneDomain::kRich, SceneSplit::kTrain, 6);
  EXPECT_NE(RenderScene(other_seed.Sample(900), 32).pixels, late);
}

TEST(SceneSamplerTest, SimpleScenesAreOneSolidShapeOfTheSimpleWords) {
  const SceneSampler sampler = Sampler(SceneDomain::kSimple, SceneSplit::kAll, 1);
  std::set<SceneShape> shapes;
  std::set<SceneColor> colors, backgrounds;
  std::map<ScenePosition, int> positions;
  for (uint64_t i = 0; i < 2000; ++i) {
    const Scene scene = sampler.Sample(i);
    ASSERT_EQ(scene.kind, SceneKind::kSingle);
    ASSERT_THAT(scene.objects, SizeIs(1));
    EXPECT_EQ(scene.objects[0].texture, SceneTexture::kSolid);
    EXPECT_NE(scene.objects[0].color, scene.background);
    shapes.insert(scene.objects[0].shape);
    colors.insert(scene.objects[0].color);
    backgrounds.insert(scene.background);
    ++positions[scene.position];
  }
  EXPECT_THAT(shapes, SizeIs(6));
  EXPECT_THAT(colors, SizeIs(8));
  EXPECT_THAT(backgrounds, SizeIs(8));
  EXPECT_THAT(positions, SizeIs(5));
  EXPECT_NEAR(positions[ScenePosition::kCenter], 1000, 100);
  EXPECT_EQ(colors.count(SceneColor::kPink), 0u);
}

TEST(SceneSamplerTest, ATwentiethOfTheSimpleTuplesIsHeldOut) {
  const SceneSampler all = Sampler(SceneDomain::kSimple, SceneSplit::kAll, 2);
  int held_out = 0;
  for (uint64_t i = 0; i < 5000; ++i) {
    held_out += IsHeldOut(SceneDomain::kSimple, all.Sample(i));
  }
  EXPECT_NEAR(held_out, 250, 75);
}

TEST(SceneSamplerTest, TrainingNeverDrawsWhatIsHeldOutAndTheOtherSplitNothingElse) {
  for (SceneDomain domain : {SceneDomain::kSimple, SceneDomain::kRich}) {
    const SceneSampler train = Sampler(domain, SceneSplit::kTrain, 3);
    const SceneSampler held_out = Sampler(domain, SceneSplit::kHeldOut, 3);
    for (uint64_t i = 0; i < 1000; ++i) {
      EXPECT_FALSE(IsHeldOut(domain, train.Sample(i)));
      EXPECT_TRUE(IsHeldOut(domain, held_out.Sample(i)));
    }
  }
}

TEST(SceneSamplerTest, JitterDoesNotDecideWhetherASceneIsHeldOut) {
  Scene scene = Sampler(SceneDomain::kSimple, SceneSplit::kHeldOut, 4).Sample(0);
  scene.objects[0].center_x += 0.01f;
  scene.objects[0].rgb[0] = 0.5f;
  EXPECT_TRUE(IsHeldOut(SceneDomain::kSimple, scene));
}

TEST(SceneSamplerTest, TheSimpleDomainCannotDrawAPairThatTheRichOneHoldsOut) {
  const SceneSampler simple = Sampler(SceneDomain::kSimple, SceneSplit::kAll, 5);
  for (uint64_t i = 0; i < 2000; ++i) {
    EXPECT_FALSE(IsHeldOut(SceneDomain::kRich, simple.Sample(i)));
  }
}

TEST(SceneSamplerTest, RichScenesHaveEveryShapeColourTextureRelationAndCount) {
  const SceneSampler sampler = Sampler(SceneDomain::kRich, SceneSplit::kTrain, 6);
  std::set<SceneShape> shapes;
  std::set<SceneColor> colors;
  std::set<SceneTexture> textures;
  std::set<SceneRelation> relations;
  std::set<std::pair<SceneKind, size_t>> kinds;
  for (uint64_t i = 0; i < 2000; ++i) {
    const Scene scene = sampler.Sample(i);
    kinds.insert({scene.kind, scene.objects.size()});
    relations.insert(scene.relation);
    for (const SceneObject& object : scene.objects) {
      shapes.insert(object.shape);
      colors.insert(object.color);
      textures.insert(object.texture);
    }
  }
  EXPECT_THAT(shapes, SizeIs(8));
  EXPECT_THAT(colors, SizeIs(10));
  EXPECT_THAT(textures, SizeIs(4));
  EXPECT_THAT(relations, SizeIs(5));
  const std::set<std::pair<SceneKind, size_t>> expected = {{SceneKind::kSingle, 1},
                                                           {SceneKind::kPair, 2},
                                                           {SceneKind::kTriple, 3},
                                                           {SceneKind::kCount, 2},
                                                           {SceneKind::kCount, 3}};
  EXPECT_EQ(kinds, expected);
}

TEST(SceneSamplerTest, TheMixDecidesWhichKindsAreDrawn) {
  SceneSamplerOptions options;
  options.domain = SceneDomain::kRich;
  options.mix = {0, 1, 0, 0, 0};
  const SceneSampler pairs(options);
  for (uint64_t i = 0; i < 200; ++i) {
    const Scene scene = pairs.Sample(i);
    EXPECT_EQ(scene.kind, SceneKind::kPair);
    EXPECT_EQ(scene.objects[0].texture, SceneTexture::kSolid);
  }
}

// The pixels that each object covers more than barely, at 128 pixels.
std::vector<std::vector<float>> Coverages(const Scene& scene, int size) {
  std::vector<std::vector<float>> coverages;
  const float scale = static_cast<float>(size);
  for (const SceneObject& object : scene.objects) {
    std::vector<float> coverage;
    for (int i = 0; i < size * size; ++i) {
      coverage.push_back(ShapeCoverage(
          object.shape, object.center_x * scale, object.center_y * scale, object.radius * scale,
          static_cast<float>(i % size) + 0.5f, static_cast<float>(i / size) + 0.5f));
    }
    coverages.push_back(std::move(coverage));
  }
  return coverages;
}

TEST(SceneSamplerTest, ObjectsStayInsideAndNeverTouch) {
  constexpr int kSize = 64;
  const SceneSampler sampler = Sampler(SceneDomain::kRich, SceneSplit::kAll, 7);
  for (uint64_t i = 0; i < 300; ++i) {
    const Scene scene = sampler.Sample(i);
    const auto coverages = Coverages(scene, kSize);
    for (int p = 0; p < kSize * kSize; ++p) {
      const auto at = static_cast<size_t>(p);
      float sum = 0;
      for (const auto& coverage : coverages) sum += coverage[at] > 0 ? 1 : 0;
      ASSERT_LE(sum, 1) << "objects of scene " << i << " touch";
    }
    for (const SceneObject& object : scene.objects) {
      const float reach = object.radius * kShapeReach;
      EXPECT_GT(object.center_x - reach, 0.0f) << i;
      EXPECT_LT(object.center_x + reach, 1.0f) << i;
      EXPECT_GT(object.center_y - reach, 0.0f) << i;
      EXPECT_LT(object.center_y + reach, 1.0f) << i;
    }
  }
}

TEST(SceneSamplerTest, TheRelationSaysWhereTheFirstObjectStands) {
  SceneSamplerOptions options;
  options.domain = SceneDomain::kRich;
  options.mix = {0, 1, 0, 0, 0.5};
  const SceneSampler sampler(options);
  for (uint64_t i = 0; i < 200; ++i) {
    const Scene scene = sampler.Sample(i);
    const float dx = scene.objects[0].center_x - scene.objects[1].center_x;
    const float dy = scene.objects[0].center_y - scene.objects[1].center_y;
    const float along[] = {0, -dx, dx, -dy, dy};
    EXPECT_GT(along[static_cast<size_t>(scene.relation)], 0.4f) << i;
  }
}

}  // namespace
}  // namespace strobe::model
