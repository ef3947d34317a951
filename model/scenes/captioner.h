// Captions of scenes, and what each of them says.

#ifndef STROBE_MODEL_SCENES_CAPTIONER_H_
#define STROBE_MODEL_SCENES_CAPTIONER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/scenes/caption_truth.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {

struct SceneCaption {
  std::string text;  // lower case
  CaptionTruth truth;
};

// How often a caption says what it may leave out. A shape that is not said is "shape".
struct CaptionOptions {
  double say_shape = 0.96;
  double say_color = 0.93;
  double say_background = 0.88;
  double say_size = 0.60;
  double say_relation = 0.85;
};

// Says everything: for evaluation prompts.
inline constexpr CaptionOptions kSayAll = {1.0, 1.0, 1.0, 1.0, 1.0};

// Caption `variant` of `scene`: a pure function of its arguments. Thread-safe. Textures are always
// said unless solid, positions always unless the centre. Sizes are those of kSingle and kPair.
SceneCaption CaptionScene(const Scene& scene, const CaptionOptions& options, uint64_t seed,
                          uint64_t variant);

// Every word that captions of both domains can hold, and ",", sorted. A caption has at most 22 of
// them, so that it fits 24 positions of a text encoder where each is one token.
absl::Span<const absl::string_view> CaptionVocabulary();

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_CAPTIONER_H_
