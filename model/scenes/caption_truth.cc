#include "model/scenes/caption_truth.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace strobe::model {
namespace {

// Where the heads are that a picture of like objects tells.
constexpr size_t kCountHead = 0;
constexpr size_t kBackgroundHead = 1;
constexpr size_t kPositionHead = 2;
constexpr size_t kShapeHead = 4;  // of object 0
constexpr size_t kColorHead = 5;
constexpr size_t kSizeHead = 6;
constexpr size_t kTextureHead = 7;

template <typename Enum>
int ClassOf(Enum value) {
  return 1 + static_cast<int>(value);
}

template <typename Enum>
int ClassOf(const std::optional<Enum>& said) {
  return said ? ClassOf(*said) : kNotSaid;
}

// Answers 1.. are `name_of` the `count` values of Enum from the `first` on.
template <typename Enum>
AttributeHead HeadOf(std::string name, int count, absl::string_view (*name_of)(Enum),
                     int first = 0) {
  AttributeHead head{std::move(name), {""}};
  for (int i = first; i < first + count; ++i) {
    head.classes.emplace_back(name_of(static_cast<Enum>(i)));
  }
  return head;
}

AttributeHeads MakeHeads() {
  AttributeHead count{"count", {""}};
  for (int i = 1; i <= kMaxObjects; ++i) count.classes.push_back(absl::StrCat(i));
  AttributeHeads heads = {std::move(count), HeadOf("background", kNumColors, ColorName),
                          HeadOf("position", kNumPositions, PositionName),
                          // kNone, which is not said, is the first.
                          HeadOf("relation", kNumRelations - 1, RelationName, 1)};
  for (int i = 0; i < kMaxObjects; ++i) {
    heads.push_back(HeadOf(absl::StrCat("shape_", i), kNumShapes, ShapeName));
    heads.push_back(HeadOf(absl::StrCat("color_", i), kNumColors, ColorName));
    heads.push_back(HeadOf(absl::StrCat("size_", i), kNumSizes, SizeName));
    heads.push_back(HeadOf(absl::StrCat("texture_", i), kNumTextures, TextureName));
  }
  return heads;
}

}  // namespace

const AttributeHeads& CaptionHeads() {
  static const auto* const heads = new AttributeHeads(MakeHeads());
  return *heads;
}

std::vector<int> CaptionLabels(const CaptionTruth& truth) {
  std::vector<int> labels = {truth.count, ClassOf(truth.background), ClassOf(truth.position),
                             static_cast<int>(truth.relation)};
  for (const SaidObject& object : truth.objects) {
    labels.push_back(ClassOf(object.shape));
    labels.push_back(ClassOf(object.color));
    labels.push_back(ClassOf(object.size));
    labels.push_back(ClassOf(object.texture));
  }
  labels.resize(CaptionHeads().size(), kNotSaid);
  return labels;
}

std::vector<int> PictureLabels(const Scene& scene) {
  std::vector<int> labels(CaptionHeads().size(), kNotTold);
  labels[kCountHead] = static_cast<int>(scene.objects.size());
  labels[kBackgroundHead] = ClassOf(scene.background);
  const bool is_single = scene.kind == SceneKind::kSingle;
  if (!is_single && scene.kind != SceneKind::kCount) return labels;
  const SceneObject& object = scene.objects.front();
  labels[kShapeHead] = ClassOf(object.shape);
  labels[kColorHead] = ClassOf(object.color);
  labels[kTextureHead] = ClassOf(object.texture);
  if (is_single) {
    labels[kSizeHead] = ClassOf(object.size);
    labels[kPositionHead] = ClassOf(scene.position);
  }
  return labels;
}

}  // namespace strobe::model
