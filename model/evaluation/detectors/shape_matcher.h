// Which shape a segment is, by its overlap with drawn templates.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_SHAPE_MATCHER_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_SHAPE_MATCHER_H_

#include "absl/types/span.h"
#include "model/evaluation/detectors/picture_segments.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {

struct ShapeMatch {
  SceneShape shape = SceneShape::kCircle;
  double center_x = 0;  // pixels, of the template
  double center_y = 0;
  double radius = 0;  // pixels
  double iou = 0;     // intersection over union of segment and template, 0..1
};

// The template of `shapes` with the best overlap, its centroid on the centroid of `segment`, its
// radius searched around the one of equal area. `segment` must not be empty.
ShapeMatch MatchShape(const Segment& segment, absl::Span<const SceneShape> shapes);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_SHAPE_MATCHER_H_
