// The captioned pictures of a recipe, as the stages draw them.

#ifndef STROBE_MODEL_TRAINING_DATA_TRAINING_DATA_H_
#define STROBE_MODEL_TRAINING_DATA_TRAINING_DATA_H_

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/scenes/scene_dataset.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/tokenizer_training.h"
#include "model/training/data/training_recipe.h"

namespace strobe::model {

// Drawn scenes, or the pictures of a folder. Pictures are drawn or read when asked for. Immutable.
class TrainingData {
 public:
  // INVALID_ARGUMENT names the domain or size that does not exist, or the file that is broken.
  static absl::StatusOr<std::unique_ptr<TrainingData>> Create(const DataRecipe& recipe,
                                                              uint64_t seed);

  int64_t size() const { return pictures_->size(); }
  int image_size() const { return pictures_->image_size(); }

  // Float32 [B, 3, S, S] in 0..1.
  absl::StatusOr<at::Tensor> Pictures(const std::vector<int64_t>& indices) const;

  // Pictures first, first + 1, ...: at most `count` of them.
  absl::StatusOr<at::Tensor> PictureRange(int64_t first, int64_t count) const;

  // Captions without drawing, where that is possible.
  CaptionSource captions() const;

  // The words of the first `num_pictures` pictures' captions and, for drawn scenes, every word that
  // any scene may use, so that a wider domain can go on with the same tokenizer.
  absl::StatusOr<WordCounts> Words(int64_t num_pictures) const;

 private:
  TrainingData() = default;

  std::unique_ptr<CaptionedPictures> pictures_;
  const SceneDataset* scenes_ = nullptr;  // pictures_, if they are drawn
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_TRAINING_DATA_H_
