#include "model/scenes/caption_truth.h"

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

template <typename Enum>
int ClassOf(const std::optional<Enum>& said) {
  return said ? 1 + static_cast<int>(*said) : 0;
}

std::vector<CaptionHead> MakeHeads() {
  std::vector<CaptionHead> heads = {{"count", kMaxObjects + 1},
                                    {"background", kNumColors + 1},
                                    {"position", kNumPositions + 1},
                                    {"relation", kNumRelations}};
  for (int i = 0; i < kMaxObjects; ++i) {
    heads.push_back({absl::StrCat("shape_", i), kNumShapes + 1});
    heads.push_back({absl::StrCat("color_", i), kNumColors + 1});
    heads.push_back({absl::StrCat("size_", i), kNumSizes + 1});
    heads.push_back({absl::StrCat("texture_", i), kNumTextures + 1});
  }
  return heads;
}

}  // namespace

const std::vector<CaptionHead>& CaptionHeads() {
  static const auto* const heads = new std::vector<CaptionHead>(MakeHeads());
  return *heads;
}

int64_t NumCaptionClasses() {
  int64_t count = 0;
  for (const CaptionHead& head : CaptionHeads()) count += head.num_classes;
  return count;
}

std::vector<int> CaptionLabels(const CaptionTruth& truth) {
  std::vector<int> labels = {truth.count, ClassOf(truth.background), ClassOf(truth.position),
                             static_cast<int>(truth.relation)};
  for (const SaidObject& object : truth.objects) {
    labels.push_back(ClassOf(object.shape));
    labels.push_back(ClassOf(object.color));
    labels.push_back(ClassOf(object.size));
    labels.push_back(1 + static_cast<int>(object.texture));
  }
  labels.resize(CaptionHeads().size(), 0);
  return labels;
}

}  // namespace strobe::model
