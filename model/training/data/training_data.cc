#include "model/training/data/training_data.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/Parallel.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/evaluation/picture_tensors.h"
#include "model/scenes/caption_style.h"
#include "model/scenes/folder_dataset.h"
#include "model/scenes/picture_subset.h"
#include "model/scenes/scene_dataset.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {
namespace {

constexpr int kLatentCell = 8;  // pixels
constexpr uint64_t kHeldOutSeed = 0x686f6c646f7574;

absl::StatusOr<std::unique_ptr<CaptionedPictures>> Scenes(const DataRecipe& recipe, uint64_t seed) {
  SceneDatasetOptions options;
  STROBE_ASSIGN_OR_RETURN(options.sampler.domain, ParseSceneDomain(recipe.domain));
  STROBE_ASSIGN_OR_RETURN(options.captions, ParseCaptionStyle(recipe.captions));
  options.sampler.seed = seed;
  options.captions_per_picture = recipe.captions_per_picture;
  options.num_pictures = recipe.num_pictures;
  options.image_size = recipe.image_size;
  return std::make_unique<SceneDataset>(options);
}

absl::StatusOr<std::unique_ptr<CaptionedPictures>> Open(const DataRecipe& recipe, uint64_t seed) {
  if (recipe.image_size < kLatentCell || recipe.image_size % kLatentCell != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("image_size ", recipe.image_size, " is not a multiple of ", kLatentCell));
  }
  if (recipe.folder.empty()) return Scenes(recipe, seed);
  return FolderDataset::Open(recipe.folder, recipe.image_size);
}

// Those of `recipe` that the part holds; empty: the folder is not parted.
absl::StatusOr<std::unique_ptr<CaptionedPictures>> OpenPart(const TrainingRecipe& recipe,
                                                            DataPart part) {
  STROBE_ASSIGN_OR_RETURN(auto pictures, Open(recipe.data, recipe.seed));
  std::vector<int64_t> indices = IndicesOf(part, pictures->size());
  return std::make_unique<PictureSubset>(std::move(pictures), std::move(indices));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrainingData>> TrainingData::Create(const DataRecipe& recipe,
                                                                   uint64_t seed) {
  STROBE_ASSIGN_OR_RETURN(auto pictures, Open(recipe, seed));
  if (pictures->size() < 1) {
    return absl::InvalidArgumentError("there are no pictures to train on");
  }
  return std::unique_ptr<TrainingData>(new TrainingData(std::move(pictures)));
}

absl::StatusOr<std::unique_ptr<TrainingData>> TrainingData::CreateForTraining(
    const TrainingRecipe& recipe) {
  if (recipe.data.folder.empty() || !recipe.test_folder.empty()) {
    return Create(recipe.data, recipe.seed);
  }
  STROBE_ASSIGN_OR_RETURN(auto part, OpenPart(recipe, DataPart::kTraining));
  return std::unique_ptr<TrainingData>(new TrainingData(std::move(part)));
}

absl::StatusOr<std::unique_ptr<TrainingData>> TrainingData::CreateHeldOut(
    const TrainingRecipe& recipe, int64_t most) {
  DataRecipe data = recipe.data;
  if (data.folder.empty()) {
    data.num_pictures = most;
    return Create(data, recipe.seed ^ kHeldOutSeed);
  }
  std::string kind = "new pictures";
  std::unique_ptr<CaptionedPictures> pictures;
  if (recipe.test_folder.empty()) {
    STROBE_ASSIGN_OR_RETURN(pictures, OpenPart(recipe, DataPart::kHeldOut));
  } else {
    data.folder = recipe.test_folder;
    STROBE_ASSIGN_OR_RETURN(pictures, Open(data, recipe.seed));
  }
  if (pictures->size() == 0) {
    kind = "pictures that it learnt from";
    STROBE_ASSIGN_OR_RETURN(pictures, Open(data, recipe.seed));
  }
  std::vector<int64_t> first(static_cast<size_t>(std::min(most, pictures->size())));
  std::iota(first.begin(), first.end(), 0);
  std::unique_ptr<TrainingData> held_out(
      new TrainingData(std::make_unique<PictureSubset>(std::move(pictures), std::move(first))));
  held_out->kind_ = kind;
  return held_out;
}

absl::StatusOr<at::Tensor> TrainingData::Pictures(const std::vector<int64_t>& indices) const {
  std::vector<RgbImage> images(indices.size());
  std::vector<absl::Status> statuses(indices.size());
  at::parallel_for(0, static_cast<int64_t>(indices.size()), /*grain_size=*/1,
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                       absl::StatusOr<RgbImage> picture = pictures_->Picture(indices[i]);
                       statuses[i] = picture.status();
                       if (picture.ok()) images[i] = *std::move(picture);
                     }
                   });
  for (const absl::Status& status : statuses) STROBE_RETURN_IF_ERROR(status);
  return StackPictures(images);
}

absl::StatusOr<at::Tensor> TrainingData::PictureRange(int64_t first, int64_t count) const {
  std::vector<int64_t> indices(static_cast<size_t>(std::min(count, size() - first)));
  std::iota(indices.begin(), indices.end(), first);
  return Pictures(indices);
}

absl::StatusOr<WordCounts> TrainingData::Words() const {
  WordCounts counts;
  const auto vocabulary = pictures_->vocabulary();
  for (const absl::string_view word : vocabulary) ++counts[std::string(word)];
  const int64_t counted = vocabulary.empty() ? size() : std::min(kTokenizerPictures, size());
  for (int64_t i = 0; i < counted; ++i) {
    STROBE_ASSIGN_OR_RETURN(const PictureTexts texts, pictures_->Texts(i));
    for (const PictureCaption& caption : texts.captions) CountWords(caption.text, counts);
  }
  return counts;
}

}  // namespace strobe::model
