#include "model/training/data/training_data.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/Parallel.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/evaluation/picture_tensors.h"
#include "model/scenes/caption_style.h"
#include "model/scenes/captioner.h"
#include "model/scenes/folder_dataset.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {
namespace {

constexpr int kLatentCell = 8;  // pixels

}  // namespace

absl::StatusOr<std::unique_ptr<TrainingData>> TrainingData::Create(const DataRecipe& recipe,
                                                                   uint64_t seed) {
  if (recipe.image_size < kLatentCell || recipe.image_size % kLatentCell != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("image_size ", recipe.image_size, " is not a multiple of ", kLatentCell));
  }
  std::unique_ptr<TrainingData> data(new TrainingData());
  if (!recipe.folder.empty()) {
    STROBE_ASSIGN_OR_RETURN(data->pictures_, FolderDataset::Open(recipe.folder, recipe.image_size));
  } else {
    SceneDatasetOptions options;
    STROBE_ASSIGN_OR_RETURN(options.sampler.domain, ParseSceneDomain(recipe.domain));
    STROBE_ASSIGN_OR_RETURN(options.captions, ParseCaptionStyle(recipe.captions));
    options.sampler.seed = seed;
    options.captions_per_picture = recipe.captions_per_picture;
    options.num_pictures = recipe.num_pictures;
    options.image_size = recipe.image_size;
    auto scenes = std::make_unique<SceneDataset>(options);
    data->scenes_ = scenes.get();
    data->pictures_ = std::move(scenes);
  }
  if (data->size() < 1) return absl::InvalidArgumentError("there are no pictures to train on");
  return data;
}

absl::StatusOr<at::Tensor> TrainingData::Pictures(const std::vector<int64_t>& indices) const {
  std::vector<RgbImage> images(indices.size());
  std::vector<absl::Status> statuses(indices.size());
  at::parallel_for(0, static_cast<int64_t>(indices.size()), /*grain_size=*/1,
                   [&](int64_t begin, int64_t end) {
                     for (int64_t i = begin; i < end; ++i) {
                       absl::StatusOr<CaptionedPicture> picture = pictures_->Get(indices[i]);
                       statuses[i] = picture.status();
                       if (picture.ok()) images[i] = std::move(picture->image);
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

CaptionSource TrainingData::captions() const {
  return [this](int64_t index) {
    return scenes_ != nullptr ? scenes_->GetCaptions(index) : pictures_->Get(index);
  };
}

absl::StatusOr<WordCounts> TrainingData::Words(int64_t num_pictures) const {
  WordCounts counts;
  if (scenes_ != nullptr) {
    for (const absl::string_view word : CaptionVocabulary()) ++counts[std::string(word)];
  }
  for (int64_t i = 0; i < std::min(num_pictures, size()); ++i) {
    STROBE_ASSIGN_OR_RETURN(const CaptionedPicture picture, captions()(i));
    for (const PictureCaption& caption : picture.captions) CountWords(caption.text, counts);
  }
  return counts;
}

}  // namespace strobe::model
