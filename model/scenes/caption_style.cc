#include "model/scenes/caption_style.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr CaptionStyle kStyles[] = {CaptionStyle::kUsual, CaptionStyle::kNamed, CaptionStyle::kOpen,
                                    CaptionStyle::kSparse};
constexpr uint64_t kSparseStream = 0x737061727365;

// Says one of the attributes that a scene of this kind has.
CaptionOptions SayOne(SceneKind kind, SceneRandom& random) {
  std::vector<double CaptionOptions::*> attributes = {
      &CaptionOptions::say_shape, &CaptionOptions::say_color, &CaptionOptions::say_background};
  if (kind == SceneKind::kSingle || kind == SceneKind::kPair) {
    attributes.push_back(&CaptionOptions::say_size);
  }
  if (kind == SceneKind::kPair) attributes.push_back(&CaptionOptions::say_relation);
  CaptionOptions options = {0.0, 0.0, 0.0, 0.0, 0.0};
  options.*random.Pick(attributes) = 1.0;
  return options;
}

}  // namespace

absl::string_view CaptionStyleName(CaptionStyle style) {
  static constexpr absl::string_view kNames[] = {"usual", "named", "open", "sparse"};
  return kNames[static_cast<size_t>(style)];
}

absl::StatusOr<CaptionStyle> ParseCaptionStyle(absl::string_view name) {
  for (const CaptionStyle style : kStyles) {
    if (name == CaptionStyleName(style)) return style;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no captions '", name, "': there are usual, named, open and sparse"));
}

SceneCaption CaptionInStyle(const Scene& scene, CaptionStyle style, uint64_t seed,
                            uint64_t variant) {
  CaptionOptions options;
  if (style == CaptionStyle::kNamed) options = kSayAll;
  if (style == CaptionStyle::kOpen) options = {0.5, 0.5, 0.5, 0.5, 0.5};
  if (style == CaptionStyle::kSparse) {
    SceneRandom random(seed ^ kSparseStream, variant);
    options = SayOne(scene.kind, random);
  }
  return CaptionScene(scene, options, seed, variant);
}

}  // namespace strobe::model
