#include "model/scenes/scene_types.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr SceneShape kShapes[] = {SceneShape::kCircle,  SceneShape::kSquare, SceneShape::kTriangle,
                                  SceneShape::kStar,    SceneShape::kHeart,  SceneShape::kRing,
                                  SceneShape::kDiamond, SceneShape::kCross};
constexpr size_t kSimpleShapes = 6;

constexpr SceneColor kObjectColors[] = {
    SceneColor::kRed,  SceneColor::kOrange, SceneColor::kYellow, SceneColor::kGreen,
    SceneColor::kBlue, SceneColor::kPurple, SceneColor::kBlack,  SceneColor::kWhite,
    SceneColor::kPink, SceneColor::kCyan};
constexpr size_t kSimpleObjectColors = 8;

constexpr SceneColor kBackgrounds[] = {SceneColor::kWhite,  SceneColor::kBlack, SceneColor::kGray,
                                       SceneColor::kYellow, SceneColor::kBlue,  SceneColor::kGreen,
                                       SceneColor::kPink,   SceneColor::kCyan};

struct PaletteEntry {
  absl::string_view name;
  int rgb[3];
};

// In the order of SceneColor.
constexpr PaletteEntry kPalette[kNumColors] = {
    {"red", {214, 32, 34}},   {"orange", {250, 128, 0}},  {"yellow", {253, 210, 30}},
    {"green", {45, 158, 60}}, {"blue", {40, 80, 200}},    {"purple", {120, 50, 160}},
    {"black", {26, 26, 30}},  {"white", {246, 246, 246}}, {"pink", {248, 144, 192}},
    {"cyan", {62, 206, 214}}, {"gray", {144, 144, 144}}};

template <typename Enum, size_t n>
absl::string_view NameOf(const absl::string_view (&names)[n], Enum value) {
  return names[static_cast<size_t>(value)];
}

}  // namespace

absl::string_view SceneDomainName(SceneDomain domain) {
  return domain == SceneDomain::kRich ? "rich" : "simple";
}

absl::StatusOr<SceneDomain> ParseSceneDomain(absl::string_view name) {
  for (const SceneDomain domain : {SceneDomain::kSimple, SceneDomain::kRich}) {
    if (name == SceneDomainName(domain)) return domain;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no scene domain '", name, "': there are simple and rich"));
}

absl::string_view ShapeName(SceneShape shape) {
  static constexpr absl::string_view kNames[] = {"circle", "square", "triangle", "star",
                                                 "heart",  "ring",   "diamond",  "cross"};
  return NameOf(kNames, shape);
}

absl::string_view ColorName(SceneColor color) { return kPalette[static_cast<size_t>(color)].name; }

absl::string_view TextureName(SceneTexture texture) {
  static constexpr absl::string_view kNames[] = {"solid", "striped", "dotted", "checkered"};
  return NameOf(kNames, texture);
}

absl::string_view SizeName(SceneSize size) {
  static constexpr absl::string_view kNames[] = {"small", "large"};
  return NameOf(kNames, size);
}

absl::string_view PositionName(ScenePosition position) {
  static constexpr absl::string_view kNames[] = {"center", "left", "right", "top", "bottom"};
  return NameOf(kNames, position);
}

absl::string_view RelationName(SceneRelation relation) {
  static constexpr absl::string_view kNames[] = {"none", "left of", "right of", "above", "below"};
  return NameOf(kNames, relation);
}

Rgb PaletteRgb(SceneColor color) {
  const int(&rgb)[3] = kPalette[static_cast<size_t>(color)].rgb;
  return {static_cast<float>(rgb[0]) / 255.0f, static_cast<float>(rgb[1]) / 255.0f,
          static_cast<float>(rgb[2]) / 255.0f};
}

Rgb TextureMarkRgb(const Rgb& rgb) {
  constexpr float kDark = 0.2f;    // luma below which marks are lighter than the colour
  constexpr float kShade = 0.45f;  // what is left of a colour in its dark marks
  constexpr float kTint = 0.5f;    // share of white in light marks
  const float luma = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
  Rgb mark;
  for (size_t i = 0; i < mark.size(); ++i) {
    mark[i] = luma < kDark ? rgb[i] + kTint * (1.0f - rgb[i]) : rgb[i] * kShade;
  }
  return mark;
}

absl::Span<const SceneShape> DomainShapes(SceneDomain domain) {
  const absl::Span<const SceneShape> all(kShapes);
  return domain == SceneDomain::kSimple ? all.first(kSimpleShapes) : all;
}

absl::Span<const SceneColor> DomainObjectColors(SceneDomain domain) {
  const absl::Span<const SceneColor> all(kObjectColors);
  return domain == SceneDomain::kSimple ? all.first(kSimpleObjectColors) : all;
}

absl::Span<const SceneColor> DomainBackgrounds(SceneDomain) { return kBackgrounds; }

SceneRelation Opposite(SceneRelation relation) {
  switch (relation) {
    case SceneRelation::kLeftOf:
      return SceneRelation::kRightOf;
    case SceneRelation::kRightOf:
      return SceneRelation::kLeftOf;
    case SceneRelation::kAbove:
      return SceneRelation::kBelow;
    case SceneRelation::kBelow:
      return SceneRelation::kAbove;
    case SceneRelation::kNone:
      break;
  }
  return SceneRelation::kNone;
}

}  // namespace strobe::model
