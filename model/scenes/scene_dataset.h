// Captioned pictures that are drawn.

#ifndef STROBE_MODEL_SCENES_SCENE_DATASET_H_
#define STROBE_MODEL_SCENES_SCENE_DATASET_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "model/scenes/caption_style.h"
#include "model/scenes/captioned_pictures.h"
#include "model/scenes/scene_sampler.h"

namespace strobe::model {

struct SceneDatasetOptions {
  SceneSamplerOptions sampler;
  CaptionStyle captions = CaptionStyle::kUsual;
  int captions_per_picture = 4;
  int64_t num_pictures = 48000;
  int image_size = 64;
};

// Scenes, drawn when asked for: nothing is stored.
class SceneDataset final : public CaptionedPictures {
 public:
  explicit SceneDataset(const SceneDatasetOptions& options)
      : options_(options), sampler_(options.sampler) {}

  int64_t size() const override { return options_.num_pictures; }
  int image_size() const override { return options_.image_size; }
  const AttributeHeads& heads() const override;  // CaptionHeads()
  absl::Span<const absl::string_view> vocabulary() const override;
  absl::StatusOr<RgbImage> Picture(int64_t index) const override;
  absl::StatusOr<PictureTexts> Texts(int64_t index) const override;

 private:
  absl::StatusOr<Scene> SceneOf(int64_t index) const;

  SceneDatasetOptions options_;
  SceneSampler sampler_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_DATASET_H_
