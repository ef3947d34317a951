// Some of the pictures of a set.

#ifndef STROBE_MODEL_SCENES_PICTURE_SUBSET_H_
#define STROBE_MODEL_SCENES_PICTURE_SUBSET_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "model/scenes/captioned_pictures.h"

namespace strobe::model {

// Which part of a set a model learns from, and which one only measures it.
enum class DataPart { kTraining, kHeldOut };

// The numbers of a part of `size` pictures, by a hash of the number: one in twenty is held out.
// None is of fewer than a hundred.
std::vector<int64_t> IndicesOf(DataPart part, int64_t size);

// The pictures of `all` that `indices` names, in that order. Errors are those of `all`.
class PictureSubset final : public CaptionedPictures {
 public:
  PictureSubset(std::unique_ptr<CaptionedPictures> all, std::vector<int64_t> indices)
      : all_(std::move(all)), indices_(std::move(indices)) {}

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  int image_size() const override { return all_->image_size(); }
  const AttributeHeads& heads() const override { return all_->heads(); }
  absl::Span<const absl::string_view> vocabulary() const override { return all_->vocabulary(); }
  absl::StatusOr<RgbImage> Picture(int64_t index) const override;
  absl::StatusOr<PictureTexts> Texts(int64_t index) const override;

 private:
  absl::StatusOr<int64_t> IndexIn(int64_t index) const;

  std::unique_ptr<CaptionedPictures> all_;
  std::vector<int64_t> indices_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_PICTURE_SUBSET_H_
