// The captioned pictures of a recipe, as the stages draw them.

#ifndef STROBE_MODEL_TRAINING_DATA_TRAINING_DATA_H_
#define STROBE_MODEL_TRAINING_DATA_TRAINING_DATA_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/scenes/captioned_pictures.h"
#include "model/training/data/tokenizer_training.h"
#include "model/training/data/training_recipe.h"

namespace strobe::model {

// Drawn scenes, or the pictures of a folder. Pictures are drawn or read when asked for. Immutable.
class TrainingData {
 public:
  // All pictures of `recipe`. INVALID_ARGUMENT names the domain or size that does not exist, or the
  // file that is broken.
  static absl::StatusOr<std::unique_ptr<TrainingData>> Create(const DataRecipe& recipe,
                                                              uint64_t seed);

  // What a training run learns from: all of them, but for those of a folder that are held out.
  static absl::StatusOr<std::unique_ptr<TrainingData>> CreateForTraining(
      const TrainingRecipe& recipe);

  // What it is measured on, at most `most` pictures: scenes of another seed; those of the recipe's
  // test folder; one in twenty of a folder that has none. Of a folder of fewer than a hundred
  // pictures, which holds nothing out, those that are trained on.
  static absl::StatusOr<std::unique_ptr<TrainingData>> CreateHeldOut(const TrainingRecipe& recipe,
                                                                     int64_t most);

  int64_t size() const { return pictures_->size(); }
  int image_size() const { return pictures_->image_size(); }
  const CaptionedPictures& pictures() const { return *pictures_; }

  // "new pictures", or "pictures that it learnt from": for what is measured on them.
  const std::string& kind() const { return kind_; }

  // Float32 [B, 3, S, S] in 0..1.
  absl::StatusOr<at::Tensor> Pictures(const std::vector<int64_t>& indices) const;

  // Pictures first, first + 1, ...: at most `count` of them.
  absl::StatusOr<at::Tensor> PictureRange(int64_t first, int64_t count) const;

  // The words of the captions. Where all words that a caption may have are known, each of them and
  // how often the first kTokenizerPictures pictures use it, so that a wider domain can go on with
  // the same tokenizer.
  absl::StatusOr<WordCounts> Words() const;

 private:
  explicit TrainingData(std::unique_ptr<CaptionedPictures> pictures)
      : pictures_(std::move(pictures)) {}

  std::unique_ptr<CaptionedPictures> pictures_;
  std::string kind_ = "new pictures";
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_TRAINING_DATA_H_
