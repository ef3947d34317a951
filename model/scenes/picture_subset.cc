#include "model/scenes/picture_subset.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr int64_t kLeastToPart = 100;  // pictures
constexpr uint64_t kOneIn = 20;

}  // namespace

std::vector<int64_t> IndicesOf(DataPart part, int64_t size) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < size; ++i) {
    const bool held_out =
        size >= kLeastToPart && MixBits(static_cast<uint64_t>(i) + kGoldenGamma) % kOneIn == 0;
    if (held_out == (part == DataPart::kHeldOut)) indices.push_back(i);
  }
  return indices;
}

absl::StatusOr<int64_t> PictureSubset::IndexIn(int64_t index) const {
  if (index < 0 || index >= size()) {
    return absl::OutOfRangeError(absl::StrCat("picture ", index, " of ", size()));
  }
  return indices_[static_cast<size_t>(index)];
}

absl::StatusOr<RgbImage> PictureSubset::Picture(int64_t index) const {
  STROBE_ASSIGN_OR_RETURN(const int64_t of_all, IndexIn(index));
  return all_->Picture(of_all);
}

absl::StatusOr<PictureTexts> PictureSubset::Texts(int64_t index) const {
  STROBE_ASSIGN_OR_RETURN(const int64_t of_all, IndexIn(index));
  return all_->Texts(of_all);
}

}  // namespace strobe::model
