#include "model/training/data/caption_bank.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "base/status_macros.h"
#include "model/scenes/label_mapping.h"

namespace strobe::model {
namespace {

at::Tensor Rows(const at::Tensor& table, const std::vector<int64_t>& rows) {
  return at::index_select(table, 0, at::tensor(rows, at::kLong));
}

// [rows, columns] of the numbers of all rows, one after the other.
at::Tensor Table(const std::vector<int64_t>& numbers, int64_t rows, int64_t columns) {
  return at::tensor(numbers, at::kLong).view({rows, columns});
}

}  // namespace

absl::StatusOr<CaptionBank> CaptionBank::Create(const CaptionedPictures& pictures,
                                                const std::vector<const ClipTokenizer*>& tokenizers,
                                                const AttributeHeads& heads) {
  STROBE_ASSIGN_OR_RETURN(const LabelMapping mapping,
                          LabelMapping::Create(pictures.heads(), heads));
  CaptionBank bank;
  bank.heads_ = heads;
  std::vector<std::vector<int64_t>> ids(tokenizers.size());
  std::vector<int64_t> caption_labels;
  std::vector<int64_t> picture_labels;
  int64_t num_captions = 0;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    STROBE_ASSIGN_OR_RETURN(const PictureTexts texts, pictures.Texts(i));
    bank.first_caption_.push_back(num_captions);
    num_captions += static_cast<int64_t>(texts.captions.size());
    for (const int label : mapping.Map(texts.labels, kNotTold)) picture_labels.push_back(label);
    for (const PictureCaption& caption : texts.captions) {
      for (size_t t = 0; t < tokenizers.size(); ++t) {
        const std::vector<int64_t> encoded = tokenizers[t]->Encode(caption.text).input_ids;
        ids[t].insert(ids[t].end(), encoded.begin(), encoded.end());
      }
      for (const int label : mapping.Map(caption.labels, kNotSaid)) caption_labels.push_back(label);
    }
  }
  bank.first_caption_.push_back(num_captions);
  for (const std::vector<int64_t>& all : ids) {
    bank.token_ids_.push_back(Table(all, num_captions, -1));
  }
  const int64_t num_heads = static_cast<int64_t>(heads.size());
  bank.caption_labels_ = Table(caption_labels, num_captions, num_heads);
  bank.picture_labels_ = Table(picture_labels, pictures.size(), num_heads);
  return bank;
}

int64_t CaptionBank::CaptionOf(int64_t index, double uniform) const {
  const int64_t first = first_caption_[index];
  const int64_t count = first_caption_[index + 1] - first;
  return first + static_cast<int64_t>(uniform * static_cast<double>(count));
}

at::Tensor CaptionBank::TokenIds(const std::vector<int64_t>& captions, size_t tokenizer) const {
  return Rows(token_ids_[tokenizer], captions);
}

at::Tensor CaptionBank::CaptionLabels(const std::vector<int64_t>& captions) const {
  return Rows(caption_labels_, captions);
}

at::Tensor CaptionBank::PictureLabels(const std::vector<int64_t>& pictures) const {
  return Rows(picture_labels_, pictures);
}

}  // namespace strobe::model
