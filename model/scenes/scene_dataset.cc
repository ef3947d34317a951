#include "model/scenes/scene_dataset.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/scenes/scene_random.h"
#include "model/scenes/scene_renderer.h"

namespace strobe::model {

absl::StatusOr<CaptionedPicture> SceneDataset::Get(int64_t index) const {
  absl::StatusOr<CaptionedPicture> picture = GetCaptions(index);
  if (picture.ok()) picture->image = RenderScene(*picture->scene, options_.image_size);
  return picture;
}

absl::StatusOr<CaptionedPicture> SceneDataset::GetCaptions(int64_t index) const {
  if (index < 0 || index >= size()) {
    return absl::OutOfRangeError(absl::StrCat("scene ", index, " of ", size()));
  }
  const uint64_t number = static_cast<uint64_t>(index);
  CaptionedPicture picture;
  picture.scene = sampler_.Sample(number);
  // A stream of its own for each scene: its captions do not follow from those of its neighbours.
  const uint64_t caption_seed = MixBits(options_.sampler.seed + kGoldenGamma) ^ number;
  for (int variant = 0; variant < options_.captions_per_picture; ++variant) {
    SceneCaption caption = CaptionInStyle(*picture.scene, options_.captions, caption_seed, variant);
    picture.captions.push_back({std::move(caption.text), std::move(caption.truth)});
  }
  return picture;
}

}  // namespace strobe::model
