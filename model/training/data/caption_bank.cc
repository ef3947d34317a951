#include "model/training/data/caption_bank.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "base/status_macros.h"
#include "model/scenes/caption_truth.h"

namespace strobe::model {
namespace {

at::Tensor Rows(const at::Tensor& table, const std::vector<int64_t>& rows) {
  return at::index_select(table, 0, at::tensor(rows, at::kLong));
}

}  // namespace

absl::StatusOr<CaptionBank> CaptionBank::Create(
    int64_t num_pictures, const CaptionSource& source,
    const std::vector<const ClipTokenizer*>& tokenizers) {
  CaptionBank bank;
  std::vector<std::vector<int64_t>> ids(tokenizers.size());
  std::vector<int64_t> labels;
  bool labelled = true;
  int64_t num_captions = 0;
  for (int64_t i = 0; i < num_pictures; ++i) {
    STROBE_ASSIGN_OR_RETURN(const CaptionedPicture picture, source(i));
    bank.first_caption_.push_back(num_captions);
    num_captions += static_cast<int64_t>(picture.captions.size());
    for (const PictureCaption& caption : picture.captions) {
      for (size_t t = 0; t < tokenizers.size(); ++t) {
        const std::vector<int64_t> encoded = tokenizers[t]->Encode(caption.text).input_ids;
        ids[t].insert(ids[t].end(), encoded.begin(), encoded.end());
      }
      labelled = labelled && caption.truth.has_value();
      if (!labelled) continue;
      for (const int label : CaptionLabels(*caption.truth)) labels.push_back(label);
    }
  }
  bank.first_caption_.push_back(num_captions);
  for (const std::vector<int64_t>& all : ids) {
    bank.token_ids_.push_back(at::tensor(all, at::kLong).view({num_captions, -1}));
  }
  if (labelled) bank.labels_ = at::tensor(labels, at::kLong).view({num_captions, -1});
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

at::Tensor CaptionBank::Labels(const std::vector<int64_t>& captions) const {
  return Rows(labels_, captions);
}

}  // namespace strobe::model
