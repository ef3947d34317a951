// The outlines of shapes as signed distances, and the marks of textures.

#ifndef STROBE_MODEL_SCENES_SCENE_SHAPES_H_
#define STROBE_MODEL_SCENES_SCENE_SHAPES_H_

#include "model/scenes/scene_types.h"

namespace strobe::model {

// No shape of radius 1 reaches further than this from the origin along x or y.
inline constexpr float kShapeReach = 1.08f;

// Signed distance from (x, y) to the edge of the shape of radius 1 around the origin, y down:
// negative inside. Exact; shapes of one radius look equally large rather than have equal areas.
float ShapeDistance(SceneShape shape, float x, float y);

// The period of textures in widths of the picture.
inline constexpr float kTexturePeriod = 0.125f;

// How much (u, v), in periods from the centre of the object, lies on a mark of the texture: 0..1
// with an edge one pixel wide. Striped: horizontal bars of 0.4 periods; dotted: discs of radius
// 0.3 on a square grid; checkered: squares of half a period. Always 0 for kSolid.
float TextureMark(SceneTexture texture, float u, float v, float pixels_per_period);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_SHAPES_H_
