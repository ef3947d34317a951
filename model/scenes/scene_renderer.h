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

// How much a shape covers the pixel whose middle is (x, y), 0..1, with the edges of RenderScene:
// clamp(1/2 - signed distance in pixels). Centre and radius in pixels.
float ShapeCoverage(SceneShape shape, float center_x, float center_y, float radius, float x,
                    float y);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_RENDERER_H_
