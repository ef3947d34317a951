#include "model/evaluation/detectors/palette_error.h"

#include "model/evaluation/detectors/picture_segments.h"

namespace strobe::model {

PaletteError PaletteErrorOf(const DetectedScene& scene) {
  constexpr double kFullScale = 255.0;
  PaletteError error;
  error.background = kFullScale * RgbDistance(scene.background_rgb, PaletteRgb(scene.background));
  double sum = 0.0;
  int count = 0;
  for (const DetectedObject& object : scene.objects) {
    if (object.texture != SceneTexture::kSolid) continue;
    sum += kFullScale * RgbDistance(object.rgb, PaletteRgb(object.color));
    ++count;
  }
  if (count > 0) error.objects = sum / count;
  return error;
}

}  // namespace strobe::model
