// What a caption demands of its picture, also as classification labels.

#ifndef STROBE_MODEL_SCENES_CAPTION_TRUTH_H_
#define STROBE_MODEL_SCENES_CAPTION_TRUTH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
  std::vector<SaidObject> objects;        // in the order of the caption; one for all in kCount
  int count = 1;                          // objects in the picture
  std::optional<ScenePosition> position;  // always there in kSingle (not said = centre)
  SceneRelation relation = SceneRelation::kNone;  // of objects[0] to objects[1]; kNone = not said
};

// One attribute as a classification problem, for training a text encoder alone. Class 0 is "not
// said" (or no such object).
struct CaptionHead {
  std::string name;  // "background", "shape_0", ...
  int num_classes = 0;
};

// The heads, the same for both domains: count, background, position, relation, then shape, color,
// size and texture of each of the kMaxObjects objects of the caption ("shape_0", "color_0", ...).
const std::vector<CaptionHead>& CaptionHeads();

// The sum of their classes: the width of a classifier's output.
int64_t NumCaptionClasses();

// The class of `truth` for each of CaptionHeads(), in the same order.
std::vector<int> CaptionLabels(const CaptionTruth& truth);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_CAPTION_TRUTH_H_
