// Where the objects of a scene stand and how large they are.

#ifndef STROBE_MODEL_SCENES_SCENE_LAYOUT_H_
#define STROBE_MODEL_SCENES_SCENE_LAYOUT_H_

#include "model/scenes/scene_random.h"
#include "model/scenes/scene_types.h"

namespace strobe::model {

// Sets centre and radius of every object from the kind, position, relation and sizes of `scene`,
// with jitter: 1.5/64 of the picture along each axis, 4 % of the radius. Objects never touch each
// other. kTriple and kCount ignore sizes.
void PlaceObjects(Scene& scene, SceneRandom& random);

// The radius, in widths of the picture, that parts kSmall from kLarge in scenes of this kind.
float SizeThreshold(SceneKind kind);

// The position of a lone object from its centre: the nearest of the five, by how far the centre is
// off the middle of the picture.
ScenePosition NearestPosition(float center_x, float center_y);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_LAYOUT_H_
