// What a caption demands of its picture, also as classification labels.

#ifndef STROBE_MODEL_SCENES_CAPTION_TRUTH_H_
#define STROBE_MODEL_SCENES_CAPTION_TRUTH_H_

#include <optional>
#include <vector>

#include "model/scenes/attribute_heads.h"
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

// The attributes of captions of both domains: count, background, position, relation, then shape,
// color, size and texture of each of the kMaxObjects objects of the caption ("shape_0", "color_0",
// ...). kNotSaid is also the class of an object that is not there.
const AttributeHeads& CaptionHeads();

// The class of `truth` for each of CaptionHeads().
std::vector<int> CaptionLabels(const CaptionTruth& truth);

// What a picture of `scene` alone tells of CaptionHeads(): count, background, and the looks of
// objects that are all alike. kNotTold for the rest: several objects have no order in a picture.
std::vector<int> PictureLabels(const Scene& scene);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_CAPTION_TRUTH_H_
