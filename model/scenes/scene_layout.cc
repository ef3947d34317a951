#include "model/scenes/scene_layout.h"

#include <cmath>

namespace strobe::model {
namespace {

constexpr float kJitter = 1.5f / 64.0f;                      // widths
constexpr float kRadiusJitter = 0.04f;                       // relative
constexpr float kSingleRadius[] = {11.2f / 64, 19.0f / 64};  // small, large
constexpr float kSingleOffset[] = {16.5f / 64, 9.0f / 64};   // from the middle; large ones less
constexpr float kPairRadius[] = {8.5f / 64, 12.3f / 64};
constexpr float kPairOffset = 16.4f / 64;
constexpr float kGroupRadius = 10.0f / 64;  // kTriple and kCount
constexpr float kGroupSide = 15.0f / 64;    // half the side of the triangle that three make
constexpr float kGroupHeight = 13.0f / 64;  // half its height

struct Offset {
  float x, y;
};

Offset PositionOffset(ScenePosition position, float distance) {
  switch (position) {
    case ScenePosition::kLeft:
      return {-distance, 0.0f};
    case ScenePosition::kRight:
      return {distance, 0.0f};
    case ScenePosition::kTop:
      return {0.0f, -distance};
    case ScenePosition::kBottom:
      return {0.0f, distance};
    case ScenePosition::kCenter:
      break;
  }
  return {0.0f, 0.0f};
}

// Of object 0; object 1 stands opposite.
Offset RelationOffset(SceneRelation relation) {
  switch (relation) {
    case SceneRelation::kLeftOf:
      return {-kPairOffset, 0.0f};
    case SceneRelation::kRightOf:
      return {kPairOffset, 0.0f};
    case SceneRelation::kAbove:
      return {0.0f, -kPairOffset};
    case SceneRelation::kBelow:
    case SceneRelation::kNone:
      break;
  }
  return {0.0f, kPairOffset};
}

void Place(SceneObject& object, Offset offset, float radius, SceneRandom& random) {
  object.center_x = 0.5f + offset.x + random.Between(-kJitter, kJitter);
  object.center_y = 0.5f + offset.y + random.Between(-kJitter, kJitter);
  object.radius = radius * (1.0f + random.Between(-kRadiusJitter, kRadiusJitter));
}

void PlacePair(Scene& scene, const Offset& offset, bool sized, SceneRandom& random) {
  const Offset opposite = {-offset.x, -offset.y};
  for (size_t i = 0; i < 2; ++i) {
    SceneObject& object = scene.objects[i];
    const float radius = sized ? kPairRadius[static_cast<size_t>(object.size)] : kGroupRadius;
    Place(object, i == 0 ? offset : opposite, radius, random);
  }
}

// Two objects on one side of the picture, the third on the other; which side is random.
void PlaceThree(Scene& scene, SceneRandom& random) {
  const bool upright = random.Chance(0.5);
  const float sign = random.Chance(0.5) ? 1.0f : -1.0f;
  const Offset corners[] = {{-kGroupSide, sign * kGroupHeight},
                            {kGroupSide, sign * kGroupHeight},
                            {0.0f, -sign * kGroupHeight}};
  for (size_t i = 0; i < 3; ++i) {
    const Offset& corner = corners[i];
    Place(scene.objects[i], upright ? corner : Offset{corner.y, corner.x}, kGroupRadius, random);
  }
}

}  // namespace

void PlaceObjects(Scene& scene, SceneRandom& random) {
  if (scene.objects.size() == 1) {
    const size_t size = static_cast<size_t>(scene.objects[0].size);
    Place(scene.objects[0], PositionOffset(scene.position, kSingleOffset[size]),
          kSingleRadius[size], random);
  } else if (scene.kind == SceneKind::kPair) {
    PlacePair(scene, RelationOffset(scene.relation), true, random);
  } else if (scene.objects.size() == 2) {
    const bool side_by_side = random.Chance(0.5);
    PlacePair(scene, side_by_side ? Offset{kPairOffset, 0.0f} : Offset{0.0f, kPairOffset}, false,
              random);
  } else {
    PlaceThree(scene, random);
  }
}

float SizeThreshold(SceneKind kind) {
  const float(&radius)[2] = kind == SceneKind::kSingle ? kSingleRadius : kPairRadius;
  return 0.5f * (radius[0] + radius[1]);
}

ScenePosition NearestPosition(float center_x, float center_y) {
  constexpr float kOff = 0.5f * kSingleOffset[1];  // half way to the nearest position off centre
  const float x = center_x - 0.5f;
  const float y = center_y - 0.5f;
  if (std::abs(x) < kOff && std::abs(y) < kOff) return ScenePosition::kCenter;
  if (std::abs(x) >= std::abs(y)) return x < 0 ? ScenePosition::kLeft : ScenePosition::kRight;
  return y < 0 ? ScenePosition::kTop : ScenePosition::kBottom;
}

}  // namespace strobe::model
