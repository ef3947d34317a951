#include "model/scenes/scene_dataset.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/scenes/caption_truth.h"
#include "model/scenes/captioner.h"
#include "model/scenes/scene_random.h"
#include "model/scenes/scene_renderer.h"

namespace strobe::model {

const AttributeHeads& SceneDataset::heads() const { return CaptionHeads(); }

absl::Span<const absl::string_view> SceneDataset::vocabulary() const { return CaptionVocabulary(); }

absl::StatusOr<Scene> SceneDataset::SceneOf(int64_t index) const {
  if (index < 0 || index >= size()) {
    return absl::OutOfRangeError(absl::StrCat("scene ", index, " of ", size()));
  }
  return sampler_.Sample(static_cast<uint64_t>(index));
}

absl::StatusOr<RgbImage> SceneDataset::Picture(int64_t index) const {
  STROBE_ASSIGN_OR_RETURN(const Scene scene, SceneOf(index));
  return RenderScene(scene, options_.image_size);
}

absl::StatusOr<PictureTexts> SceneDataset::Texts(int64_t index) const {
  STROBE_ASSIGN_OR_RETURN(const Scene scene, SceneOf(index));
  PictureTexts texts;
  texts.labels = PictureLabels(scene);
  // A stream of its own for each scene: its captions do not follow from those of its neighbours.
  const uint64_t caption_seed =
      MixBits(options_.sampler.seed + kGoldenGamma) ^ static_cast<uint64_t>(index);
  for (int variant = 0; variant < options_.captions_per_picture; ++variant) {
    SceneCaption caption = CaptionInStyle(scene, options_.captions, caption_seed, variant);
    texts.captions.push_back({std::move(caption.text), CaptionLabels(caption.truth)});
  }
  return texts;
}

}  // namespace strobe::model
