// Reads from the pixels of a picture what was drawn, without any trained network.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_SCENE_DETECTORS_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_SCENE_DETECTORS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "model/scenes/scene_types.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct DetectedObject {
  SceneShape shape = SceneShape::kCircle;
  SceneColor color = SceneColor::kRed;
  SceneTexture texture = SceneTexture::kSolid;
  double center_x = 0;  // in widths of the picture, from the left
  double center_y = 0;  // in heights, from the top
  double radius = 0;    // in widths
  double iou = 0;       // overlap with the shape's template, 0..1: how well it is drawn
  Rgb rgb{};            // median of its pixels, channel by channel
};

struct DetectedScene {
  SceneColor background = SceneColor::kWhite;
  Rgb background_rgb{};                 // median of the border
  std::vector<DetectedObject> objects;  // largest first
};

// Detects the scene in a square picture of 16 to 1024 pixels; INVALID_ARGUMENT for other pictures.
// kSimple takes all that differs from the background for one solid object (none in an empty
// picture); kRich tells connected things apart. Shares its geometry and palette with the renderer.
// About 3 ms for 64 pixels. Thread-safe.
absl::StatusOr<DetectedScene> DetectScene(const RgbImage& image, SceneDomain domain);

// Small or large, for an object of a scene of this kind.
SceneSize DetectedSize(const DetectedObject& object, SceneKind kind);

// Where a lone object stands.
ScenePosition DetectedPosition(const DetectedObject& object);

// Where `object` is, seen from `other`: along the axis on which they are further apart. Never
// kNone.
SceneRelation DetectedRelation(const DetectedObject& object, const DetectedObject& other);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_SCENE_DETECTORS_H_
