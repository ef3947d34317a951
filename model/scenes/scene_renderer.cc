#include "model/scenes/scene_renderer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "model/scenes/scene_shapes.h"

namespace strobe::model {
namespace {

struct PixelRange {
  int begin, end;
};

// The pixels that an object of this reach around `center` can touch.
PixelRange TouchedPixels(float center, float reach, int size) {
  return {std::max(0, static_cast<int>(std::floor(center - reach))),
          std::min(size, static_cast<int>(std::ceil(center + reach)) + 1)};
}

void PaintObject(const SceneObject& object, int size, absl::Span<float> out) {
  const float scale = static_cast<float>(size);
  const float center_x = object.center_x * scale;
  const float center_y = object.center_y * scale;
  const float radius = object.radius * scale;
  const float period = kTexturePeriod * scale;
  const Rgb mark_rgb = TextureMarkRgb(object.rgb);
  const PixelRange rows = TouchedPixels(center_y, radius * kShapeReach + 1.0f, size);
  const PixelRange columns = TouchedPixels(center_x, radius * kShapeReach + 1.0f, size);
  const size_t plane = static_cast<size_t>(size) * size;
  for (int row = rows.begin; row < rows.end; ++row) {
    for (int column = columns.begin; column < columns.end; ++column) {
      const float x = static_cast<float>(column) + 0.5f;
      const float y = static_cast<float>(row) + 0.5f;
      const float coverage = ShapeCoverage(object.shape, center_x, center_y, radius, x, y);
      if (coverage <= 0.0f) continue;
      const float mark = TextureMark(object.texture, (x - center_x) / period + object.phase_x,
                                     (y - center_y) / period + object.phase_y, period);
      const size_t pixel = static_cast<size_t>(row) * size + column;
      for (size_t channel = 0; channel < 3; ++channel) {
        const float color = object.rgb[channel] + mark * (mark_rgb[channel] - object.rgb[channel]);
        float& value = out[channel * plane + pixel];
        value += coverage * (color - value);
      }
    }
  }
}

}  // namespace

float ShapeCoverage(SceneShape shape, float center_x, float center_y, float radius, float x,
                    float y) {
  const float distance = ShapeDistance(shape, (x - center_x) / radius, (y - center_y) / radius);
  return std::clamp(0.5f - distance * radius, 0.0f, 1.0f);
}

void RenderSceneFloat(const Scene& scene, int size, absl::Span<float> out) {
  const size_t plane = static_cast<size_t>(size) * size;
  for (size_t channel = 0; channel < 3; ++channel) {
    std::fill_n(out.begin() + channel * plane, plane, scene.background_rgb[channel]);
  }
  for (const SceneObject& object : scene.objects) PaintObject(object, size, out);
}

RgbImage RenderScene(const Scene& scene, int size) {
  const size_t plane = static_cast<size_t>(size) * size;
  std::vector<float> planes(3 * plane);
  RenderSceneFloat(scene, size, absl::MakeSpan(planes));
  RgbImage image{size, size, std::vector<uint8_t>(3 * plane)};
  for (size_t pixel = 0; pixel < plane; ++pixel) {
    for (size_t channel = 0; channel < 3; ++channel) {
      const float value = std::clamp(planes[channel * plane + pixel], 0.0f, 1.0f);
      image.pixels[3 * pixel + channel] = static_cast<uint8_t>(value * 255.0f + 0.5f);
    }
  }
  return image;
}

}  // namespace strobe::model
