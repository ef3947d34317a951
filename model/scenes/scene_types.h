// What is in a drawn picture: the words of the scene domains, torch-free.

#ifndef STROBE_MODEL_SCENES_SCENE_TYPES_H_
#define STROBE_MODEL_SCENES_SCENE_TYPES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace strobe::model {

// kSimple: one solid shape on a plain background (6 shapes, 8 object colours, 8 backgrounds, 2
// sizes, 5 positions). kRich: one to three objects of 8 shapes, 10 colours and 4 textures, with
// spatial relations and counts. What kSimple draws is a part of what kRich draws.
enum class SceneDomain { kSimple, kRich };

// The simple domain knows the first six.
enum class SceneShape : uint8_t {
  kCircle,
  kSquare,
  kTriangle,
  kStar,
  kHeart,
  kRing,
  kDiamond,
  kCross
};
// Objects: kRed..kWhite in the simple domain, kRed..kCyan in the rich one. kGray is a background.
enum class SceneColor : uint8_t {
  kRed,
  kOrange,
  kYellow,
  kGreen,
  kBlue,
  kPurple,
  kBlack,
  kWhite,
  kPink,
  kCyan,
  kGray
};
enum class SceneTexture : uint8_t { kSolid, kStriped, kDotted, kCheckered };
enum class SceneSize : uint8_t { kSmall, kLarge };
enum class ScenePosition : uint8_t { kCenter, kLeft, kRight, kTop, kBottom };
// Where object 0 of a pair is, seen from object 1.
enum class SceneRelation : uint8_t { kNone, kLeftOf, kRightOf, kAbove, kBelow };
// kSingle: one object with a position. kPair: two objects with a relation. kTriple: three
// different objects. kCount: two or three objects that look the same.
enum class SceneKind : uint8_t { kSingle, kPair, kTriple, kCount };

inline constexpr int kNumShapes = 8;
inline constexpr int kNumColors = 11;
inline constexpr int kNumTextures = 4;
inline constexpr int kNumSizes = 2;
inline constexpr int kNumPositions = 5;
inline constexpr int kNumRelations = 5;  // with kNone
inline constexpr int kMaxObjects = 3;

using Rgb = std::array<float, 3>;  // 0..1

struct SceneObject {
  SceneShape shape = SceneShape::kCircle;
  SceneColor color = SceneColor::kRed;
  SceneTexture texture = SceneTexture::kSolid;
  SceneSize size = SceneSize::kLarge;
  float center_x = 0.5f;  // in widths of the picture, from the left
  float center_y = 0.5f;  // in heights, from the top
  float radius = 0.3f;    // in widths
  float phase_x = 0.0f;   // shift of the texture, in its periods
  float phase_y = 0.0f;
  Rgb rgb{};  // the colour as drawn, with its jitter
};

struct Scene {
  SceneKind kind = SceneKind::kSingle;
  SceneColor background = SceneColor::kWhite;
  Rgb background_rgb{};                             // the colour as drawn
  ScenePosition position = ScenePosition::kCenter;  // of the object of kSingle
  SceneRelation relation = SceneRelation::kNone;    // of object 0 to object 1 in kPair
  std::vector<SceneObject> objects;                 // 1..kMaxObjects
};

// "simple" and "rich", as recipes and flags say it. INVALID_ARGUMENT names the choices.
absl::string_view SceneDomainName(SceneDomain domain);
absl::StatusOr<SceneDomain> ParseSceneDomain(absl::string_view name);

// The words of captions: "circle", "red", "striped", "large", "left", ...
absl::string_view ShapeName(SceneShape shape);
absl::string_view ColorName(SceneColor color);
absl::string_view TextureName(SceneTexture texture);
absl::string_view SizeName(SceneSize size);
absl::string_view PositionName(ScenePosition position);
absl::string_view RelationName(SceneRelation relation);

// The colour of the palette, without jitter.
Rgb PaletteRgb(SceneColor color);

// The second colour of a textured object: `rgb` mixed half with black, or with white where it is
// dark. Solid objects have none.
Rgb TextureMarkRgb(const Rgb& rgb);

// What the domain draws with.
absl::Span<const SceneShape> DomainShapes(SceneDomain domain);
absl::Span<const SceneColor> DomainObjectColors(SceneDomain domain);
absl::Span<const SceneColor> DomainBackgrounds(SceneDomain domain);

// The relation seen from the other object: kLeftOf <-> kRightOf, kAbove <-> kBelow.
SceneRelation Opposite(SceneRelation relation);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_TYPES_H_
