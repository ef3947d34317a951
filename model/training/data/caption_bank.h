// The captions of a data set as token ids, ready to be drawn from.

#ifndef STROBE_MODEL_TRAINING_DATA_CAPTION_BANK_H_
#define STROBE_MODEL_TRAINING_DATA_CAPTION_BANK_H_

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/scenes/scene_dataset.h"
#include "model/text/clip/clip_tokenizer.h"

namespace strobe::model {

// Where the captions of picture i come from: CaptionedPictures::Get, or the cheaper
// SceneDataset::GetCaptions.
using CaptionSource = std::function<absl::StatusOr<CaptionedPicture>(int64_t index)>;

// Holds the ids, by one tokenizer or several, and the attribute labels where the truth is known, of
// every caption of `num_pictures` pictures. Immutable after Create.
class CaptionBank {
 public:
  static absl::StatusOr<CaptionBank> Create(int64_t num_pictures, const CaptionSource& source,
                                            const std::vector<const ClipTokenizer*>& tokenizers);

  int64_t num_pictures() const { return static_cast<int64_t>(first_caption_.size()) - 1; }
  int64_t num_captions() const { return first_caption_.back(); }
  bool has_labels() const { return labels_.defined(); }

  // Which caption of picture `index` a uniform number in [0, 1) chooses.
  int64_t CaptionOf(int64_t index, double uniform) const;

  // Int64 [B, tokens] of the captions, by tokenizer number `tokenizer`.
  at::Tensor TokenIds(const std::vector<int64_t>& captions, size_t tokenizer = 0) const;

  // Int64 [B, CaptionHeads().size()]; only with has_labels().
  at::Tensor Labels(const std::vector<int64_t>& captions) const;

 private:
  std::vector<int64_t> first_caption_;  // of each picture, and the end
  std::vector<at::Tensor> token_ids_;   // by tokenizer, int64 [captions, tokens]
  at::Tensor labels_;                   // int64 [captions, heads]; undefined: not known for all
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_CAPTION_BANK_H_
