// Captioned pictures, whatever they come from.

#ifndef STROBE_MODEL_SCENES_SCENE_DATASET_H_
#define STROBE_MODEL_SCENES_SCENE_DATASET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/scenes/caption_style.h"
#include "model/scenes/captioner.h"
#include "model/scenes/scene_sampler.h"
#include "model/scenes/scene_types.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct PictureCaption {
  std::string text;
  std::optional<CaptionTruth> truth;  // known for drawn scenes only
};

struct CaptionedPicture {
  RgbImage image;                        // image_size() squared
  std::vector<PictureCaption> captions;  // at least one
  std::optional<Scene> scene;            // what is in it, for drawn scenes only
};

// A finite list of pictures of one size, each with one or more captions. Get(i) is the same
// whenever it is asked for. Const calls are thread-safe.
class CaptionedPictures {
 public:
  virtual ~CaptionedPictures() = default;

  virtual int64_t size() const = 0;
  virtual int image_size() const = 0;  // pixels, width and height

  // Picture `index`, 0 <= index < size() (else OUT_OF_RANGE). Errors name the file.
  virtual absl::StatusOr<CaptionedPicture> Get(int64_t index) const = 0;
};

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
  absl::StatusOr<CaptionedPicture> Get(int64_t index) const override;

  // Without the picture: the same scene and captions.
  absl::StatusOr<CaptionedPicture> GetCaptions(int64_t index) const;

 private:
  SceneDatasetOptions options_;
  SceneSampler sampler_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_DATASET_H_
