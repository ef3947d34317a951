// Captions of scenes, and what each of them says.

#ifndef STROBE_MODEL_SCENES_CAPTIONER_H_
#define STROBE_MODEL_SCENES_CAPTIONER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {

// What a caption says of one object; absent = not said, so anything is right. A texture that is not
// said is solid: captions never leave another texture out.
struct SaidObject {
  std::optional<SceneShape> shape;
  std::optional<SceneColor> color;
  std::optional<SceneSize> size;
  SceneTexture texture = SceneTexture::kSolid;
};

// All that a picture must show to fit its caption.
struct CaptionTruth {
  SceneKind kind = SceneKind::kSingle;
  std::optional<SceneColor> background;
  std::vector<SaidObject> objects;        // in the order of the caption; one entry in kCount
  int count = 1;                          // objects in the picture
  std::optional<ScenePosition> position;  // kSingle only; not said = kCenter, so never absent
  SceneRelation relation = SceneRelation::kNone;  // objects[0] to objects[1]; kNone = not said
};

struct SceneCaption {
  std::string text;  // lower case
  CaptionTruth truth;
};

// How often a caption says what it may leave out. Shapes that are not said are "shape".
struct CaptionOptions {
  double say_shape = 0.96;
  double say_color = 0.93;
  double say_background = 0.88;
  double say_size = 0.60;
  double say_relation = 0.85;
};

// Says everything: for evaluation prompts.
inline constexpr CaptionOptions kSayAll = {1.0, 1.0, 1.0, 1.0, 1.0};

// Caption `variant` of `scene`: a pure function of its arguments. Thread-safe.
SceneCaption CaptionScene(const Scene& scene, const CaptionOptions& options, uint64_t seed,
                          uint64_t variant);

// Every word (and ",") that captions of both domains can hold, sorted. At most 24 CLIP tokens,
// start and end included, make a caption when each of these is one token.
absl::Span<const absl::string_view> CaptionVocabulary();

// One attribute as a classification problem, for training a text encoder alone. Class 0 is "not
// said" (or no such object).
struct CaptionHead {
  std::string name;  // "background", "shape_0", ...
  int num_classes = 0;
};

// The heads, the same for both domains: kind_count, background, position, relation, then shape,
// colour, size and texture of each of the kMaxObjects objects of the caption.
const std::vector<CaptionHead>& CaptionHeads();

// The classes of `truth`, one for each of CaptionHeads().
std::vector<int> CaptionLabels(const CaptionTruth& truth);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_CAPTIONER_H_
