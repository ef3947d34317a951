#include "model/evaluation/report/folder_prompts.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr uint64_t kOrderStream = 0x6f72646572;
constexpr uint64_t kCaptionStream = 0x63617074696f6e;

// All pictures, shuffled by the seed alone.
std::vector<int64_t> ShuffledPictures(int64_t count, uint64_t seed) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  SceneRandom random(seed, kOrderStream);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.NextBits() % i]);
  }
  return order;
}

int64_t CountSaid(const std::vector<int>& labels) {
  return std::count_if(labels.begin(), labels.end(), [](int label) { return label != kNotSaid; });
}

bool Fits(const PictureCaption& caption, const PictureTexts& texts, CaptionStyle style) {
  if (style == CaptionStyle::kNamed) return caption.labels == texts.labels;
  return style == CaptionStyle::kOpen || CountSaid(caption.labels) == 1;
}

bool IsTrueOf(const PictureCaption& caption, const std::vector<int>& picture) {
  for (size_t i = 0; i < picture.size(); ++i) {
    if (caption.labels[i] != kNotSaid && caption.labels[i] != picture[i]) return false;
  }
  return true;
}

absl::Status TooFew(const FolderPromptOptions& options, size_t found, const char* because) {
  return absl::InvalidArgumentError(absl::StrCat("gives ", found, " ",
                                                 CaptionStyleName(options.style), " prompts, not ",
                                                 options.num_prompts, ": ", because));
}

class PromptChoice {
 public:
  PromptChoice(const CaptionedPictures& pictures, const FolderPromptOptions& options)
      : pictures_(pictures),
        options_(options),
        order_(ShuffledPictures(pictures.size(), options.seed)) {}

  absl::StatusOr<FolderPrompts> Choose() {
    STROBE_RETURN_IF_ERROR(ChoosePrompts());
    ChooseSpread();
    return std::move(chosen_);
  }

 private:
  absl::Status ChoosePrompts();
  void ChooseSpread();

  const CaptionedPictures& pictures_;
  const FolderPromptOptions& options_;
  std::vector<int64_t> order_;
  std::vector<std::vector<int>> shown_;  // the pictures' labels, in that order
  FolderPrompts chosen_;
};

absl::Status PromptChoice::ChoosePrompts() {
  const size_t wanted = static_cast<size_t>(options_.num_prompts);
  const size_t most = order_.size() / 2;
  for (const int64_t index : order_) {
    STROBE_ASSIGN_OR_RETURN(PictureTexts texts, pictures_.Texts(index));
    std::vector<PictureCaption> fitting;
    for (PictureCaption& caption : texts.captions) {
      if (Fits(caption, texts, options_.style)) fitting.push_back(std::move(caption));
    }
    shown_.push_back(std::move(texts.labels));
    if (!fitting.empty() && chosen_.prompts.size() < std::min(wanted, most)) {
      SceneRandom random(options_.seed ^ kCaptionStream, static_cast<uint64_t>(index));
      chosen_.prompts.push_back({index, random.Pick(fitting)});
    } else if (chosen_.references.size() < static_cast<size_t>(options_.num_references)) {
      chosen_.references.push_back(index);
    }
  }
  if (chosen_.prompts.size() >= wanted) return absl::OkStatus();
  return TooFew(options_, chosen_.prompts.size(),
                chosen_.prompts.size() == most
                    ? "half of its pictures are needed as references; give fewer --prompts"
                    : "the other captions say more or less; give fewer --prompts or --captions "
                      "open");
}

void PromptChoice::ChooseSpread() {
  for (const FolderPrompt& prompt : chosen_.prompts) {
    if (chosen_.spread.size() == static_cast<size_t>(options_.num_spread_prompts)) return;
    SpreadPrompt spread{prompt.caption.text, {}};
    for (size_t i = 0; i < order_.size(); ++i) {
      if (spread.pictures.size() == static_cast<size_t>(options_.num_spread_pictures)) break;
      if (IsTrueOf(prompt.caption, shown_[i])) spread.pictures.push_back(order_[i]);
    }
    if (spread.pictures.size() == static_cast<size_t>(options_.num_spread_pictures)) {
      chosen_.spread.push_back(std::move(spread));
    }
  }
}

}  // namespace

absl::StatusOr<FolderPrompts> ChooseFolderPrompts(const CaptionedPictures& pictures,
                                                  const FolderPromptOptions& options) {
  if (options.style == CaptionStyle::kUsual) {
    return absl::InvalidArgumentError(
        "a folder has open, named and sparse prompts, not usual ones");
  }
  return PromptChoice(pictures, options).Choose();
}

}  // namespace strobe::model
