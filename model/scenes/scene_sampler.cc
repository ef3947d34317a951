#include "model/scenes/scene_sampler.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <utility>

#include "model/scenes/scene_layout.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr float kColorJitter = 4.0f / 255.0f;
constexpr float kPhaseJitter = 0.1f;     // periods
constexpr float kMarkContrast = 0.25f;   // least difference of a mark to the background
constexpr uint64_t kHeldOutPercent = 5;  // of the tuples of the simple domain

// None of these can be drawn by the simple domain, so a model widened from it has never seen them.
constexpr std::pair<SceneShape, SceneColor> kHeldOutPairs[] = {
    {SceneShape::kDiamond, SceneColor::kRed}, {SceneShape::kCross, SceneColor::kBlue},
    {SceneShape::kCircle, SceneColor::kPink}, {SceneShape::kTriangle, SceneColor::kPink},
    {SceneShape::kStar, SceneColor::kCyan},   {SceneShape::kHeart, SceneColor::kCyan}};

Rgb Jittered(SceneColor color, SceneRandom& random) {
  Rgb rgb = PaletteRgb(color);
  for (float& channel : rgb) {
    channel = std::clamp(channel + random.Between(-kColorJitter, kColorJitter), 0.0f, 1.0f);
  }
  return rgb;
}

SceneKind DrawKind(const SceneMix& mix, SceneRandom& random) {
  double at = random.Uniform() * (mix.single + mix.pair + mix.triple + mix.count);
  if ((at -= mix.single) < 0) return SceneKind::kSingle;
  if ((at -= mix.pair) < 0) return SceneKind::kPair;
  if ((at -= mix.triple) < 0) return SceneKind::kTriple;
  return mix.count > 0 ? SceneKind::kCount : SceneKind::kSingle;
}

size_t DrawNumObjects(SceneKind kind, SceneRandom& random) {
  switch (kind) {
    case SceneKind::kSingle:
      return 1;
    case SceneKind::kPair:
      return 2;
    case SceneKind::kTriple:
      return 3;
    case SceneKind::kCount:
      break;
  }
  return random.Chance(0.5) ? 2 : 3;
}

SceneObject DrawObject(const SceneSamplerOptions& options, SceneKind kind, SceneRandom& random) {
  SceneObject object;
  object.shape = random.Pick(DomainShapes(options.domain));
  object.color = random.Pick(DomainObjectColors(options.domain));
  const bool textured = options.domain == SceneDomain::kRich && random.Chance(options.mix.textured);
  object.texture = textured ? static_cast<SceneTexture>(1 + random.Below(kNumTextures - 1))
                            : SceneTexture::kSolid;
  const bool sized = kind == SceneKind::kSingle || kind == SceneKind::kPair;
  object.size = sized ? static_cast<SceneSize>(random.Below(kNumSizes)) : SceneSize::kSmall;
  return object;
}

ScenePosition DrawPosition(SceneRandom& random) {
  if (random.Chance(0.5)) return ScenePosition::kCenter;
  return static_cast<ScenePosition>(1 + random.Below(kNumPositions - 1));
}

// What the scene holds, without places and jitter.
Scene DrawContent(const SceneSamplerOptions& options, SceneRandom& random) {
  Scene scene;
  scene.kind =
      options.domain == SceneDomain::kSimple ? SceneKind::kSingle : DrawKind(options.mix, random);
  const size_t num_objects = DrawNumObjects(scene.kind, random);
  while (scene.objects.size() < num_objects) {
    const bool repeat = scene.kind == SceneKind::kCount && !scene.objects.empty();
    scene.objects.push_back(repeat ? scene.objects.front()
                                   : DrawObject(options, scene.kind, random));
  }
  scene.background = random.Pick(DomainBackgrounds(options.domain));
  if (scene.kind == SceneKind::kSingle) scene.position = DrawPosition(random);
  if (scene.kind == SceneKind::kPair) {
    scene.relation = static_cast<SceneRelation>(1 + random.Below(kNumRelations - 1));
  }
  return scene;
}

float Contrast(const Rgb& a, const Rgb& b) {
  return std::max({std::abs(a[0] - b[0]), std::abs(a[1] - b[1]), std::abs(a[2] - b[2])});
}

// Whether a viewer can tell the objects from the background and from each other.
bool IsLegible(const Scene& scene) {
  for (size_t i = 0; i < scene.objects.size(); ++i) {
    const SceneObject& object = scene.objects[i];
    if (object.color == scene.background) return false;
    const Rgb mark = TextureMarkRgb(PaletteRgb(object.color));
    if (object.texture != SceneTexture::kSolid &&
        Contrast(mark, PaletteRgb(scene.background)) < kMarkContrast) {
      return false;
    }
    for (size_t j = 0; j < i && scene.kind != SceneKind::kCount; ++j) {
      const SceneObject& other = scene.objects[j];
      if (other.shape == object.shape && other.color == object.color) return false;
    }
  }
  return true;
}

bool FitsSplit(const SceneSamplerOptions& options, const Scene& scene) {
  if (options.split == SceneSplit::kAll) return true;
  return IsHeldOut(options.domain, scene) == (options.split == SceneSplit::kHeldOut);
}

// Gives a scene of one object what the caption says of it.
void MakeTrue(const CaptionTruth& truth, Scene& scene) {
  const SaidObject& said = truth.objects.front();
  SceneObject& object = scene.objects.front();
  object.shape = said.shape.value_or(object.shape);
  object.color = said.color.value_or(object.color);
  object.size = said.size.value_or(object.size);
  object.texture = said.texture;
  scene.background = truth.background.value_or(scene.background);
  scene.position = truth.position.value_or(scene.position);
}

void AddJitter(Scene& scene, SceneRandom& random) {
  PlaceObjects(scene, random);
  scene.background_rgb = Jittered(scene.background, random);
  for (SceneObject& object : scene.objects) {
    object.rgb = Jittered(object.color, random);
    if (object.texture == SceneTexture::kSolid) continue;
    object.phase_x = random.Between(-kPhaseJitter, kPhaseJitter);
    object.phase_y = random.Between(-kPhaseJitter, kPhaseJitter);
  }
}

}  // namespace

Scene SceneSampler::Sample(uint64_t index) const {
  SceneRandom random(options_.seed, index);
  Scene scene = DrawContent(options_, random);
  while (!IsLegible(scene) || !FitsSplit(options_, scene)) scene = DrawContent(options_, random);
  AddJitter(scene, random);
  return scene;
}

Scene SceneSampler::SampleTrueTo(const CaptionTruth& truth, uint64_t index) const {
  assert(truth.kind == SceneKind::kSingle && truth.objects.size() == 1);
  SceneSamplerOptions single = options_;
  single.mix = {/*single=*/1.0, /*pair=*/0.0, /*triple=*/0.0, /*count=*/0.0, options_.mix.textured};
  SceneRandom random(options_.seed, index);
  Scene scene;
  do {
    scene = DrawContent(single, random);
    MakeTrue(truth, scene);
  } while (!IsLegible(scene) || !FitsSplit(options_, scene));
  AddJitter(scene, random);
  return scene;
}

bool IsHeldOut(SceneDomain domain, const Scene& scene) {
  if (domain == SceneDomain::kRich) {
    return std::any_of(scene.objects.begin(), scene.objects.end(), [](const SceneObject& object) {
      return std::find(std::begin(kHeldOutPairs), std::end(kHeldOutPairs),
                       std::pair(object.shape, object.color)) != std::end(kHeldOutPairs);
    });
  }
  const SceneObject& object = scene.objects.front();
  uint64_t tuple = static_cast<uint64_t>(object.shape);
  tuple = tuple * kNumColors + static_cast<uint64_t>(object.color);
  tuple = tuple * kNumColors + static_cast<uint64_t>(scene.background);
  tuple = tuple * kNumSizes + static_cast<uint64_t>(object.size);
  tuple = tuple * kNumPositions + static_cast<uint64_t>(scene.position);
  return MixBits(tuple + kGoldenGamma) % 100 < kHeldOutPercent;
}

}  // namespace strobe::model
