// Draws scenes with signed distances: anti-aliased, at any size.

#ifndef STROBE_MODEL_SCENES_SCENE_RENDERER_H_
#define STROBE_MODEL_SCENES_SCENE_RENDERER_H_

#include "absl/types/span.h"
#include "model/scenes/scene_types.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

// The picture of `scene`, `size` x `size` pixels (at least 1). Pure: equal scenes give equal bytes.
RgbImage RenderScene(const Scene& scene, int size);

// The same in 0..1 without rounding to bytes. `out` holds 3 * size * size values: planes R, G, B,
// rows from the top (CHW).
void RenderSceneFloat(const Scene& scene, int size, absl::Span<float> out);

// How much of each pixel the shape covers, 0..1, as `size` * `size` values, rows from the top.
// `center_x`, `center_y` and `radius` in pixels. The same edges as in RenderScene.
void RenderCoverage(SceneShape shape, float center_x, float center_y, float radius, int size,
                    absl::Span<float> out);

// Signed distance to the edge of the shape of radius 1 around the origin, y down: negative inside.
float ShapeDistance(SceneShape shape, float x, float y);

// Whether (x, y), pixels of a picture of `size` pixels, lies on a mark of the texture, 0..1 with
// soft edges. Zero for kSolid. Phases in periods.
float TextureMark(SceneTexture texture, float x, float y, float phase_x, float phase_y, int size);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_RENDERER_H_
