// The captions of a data set as token ids, ready to be drawn from.

#ifndef STROBE_MODEL_TRAINING_DATA_CAPTION_BANK_H_
#define STROBE_MODEL_TRAINING_DATA_CAPTION_BANK_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/scenes/captioned_pictures.h"
#include "model/text/clip/clip_tokenizer.h"

namespace strobe::model {

// Holds the ids, by one tokenizer or several, of every caption of a set of pictures, and what
// captions and pictures are labelled with. Immutable after Create.
class CaptionBank {
 public:
  // Looks at no picture. Errors are those of `pictures`.
  static absl::StatusOr<CaptionBank> Create(const CaptionedPictures& pictures,
                                            const std::vector<const ClipTokenizer*>& tokenizers) {
    return Create(pictures, tokenizers, pictures.heads());
  }

  // With labels in the classes of `heads`, those of a set that was learnt from. INVALID_ARGUMENT
  // also as of LabelMapping.
  static absl::StatusOr<CaptionBank> Create(const CaptionedPictures& pictures,
                                            const std::vector<const ClipTokenizer*>& tokenizers,
                                            const AttributeHeads& heads);

  int64_t num_pictures() const { return static_cast<int64_t>(first_caption_.size()) - 1; }
  int64_t num_captions() const { return first_caption_.back(); }

  // Empty: there are no labels.
  const AttributeHeads& heads() const { return heads_; }

  // Which caption of picture `index` a uniform number in [0, 1) chooses.
  int64_t CaptionOf(int64_t index, double uniform) const;

  // Int64 [B, tokens] of the captions, by tokenizer number `tokenizer`.
  at::Tensor TokenIds(const std::vector<int64_t>& captions, size_t tokenizer = 0) const;

  // What captions say, and what pictures show: int64 [B, heads].
  at::Tensor CaptionLabels(const std::vector<int64_t>& captions) const;
  at::Tensor PictureLabels(const std::vector<int64_t>& pictures) const;

 private:
  AttributeHeads heads_;
  std::vector<int64_t> first_caption_;  // of each picture, and the end
  std::vector<at::Tensor> token_ids_;   // by tokenizer, int64 [captions, tokens]
  at::Tensor caption_labels_;           // int64 [captions, heads]
  at::Tensor picture_labels_;           // int64 [pictures, heads]
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_CAPTION_BANK_H_
