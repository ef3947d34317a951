#include "model/evaluation/detectors/shape_matcher.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "model/scenes/scene_shapes.h"

namespace strobe::model {
namespace {

constexpr double kRadiusSteps[] = {0.9, 0.95, 1.0, 1.05, 1.1};  // of the radius of equal area

// A shape of radius 1 on a fine grid.
struct Template {
  static constexpr int kPoints = 256;  // along each axis, over twice kShapeReach

  std::vector<char> inside;
  double area = 0;
  double x = 0;  // centroid
  double y = 0;

  // (x, y) in radii from the centre; false beyond kShapeReach.
  bool Covers(float at_x, float at_y) const {
    constexpr float kScale = kPoints / (2.0f * kShapeReach);
    const float column = (at_x + kShapeReach) * kScale;
    const float row = (at_y + kShapeReach) * kScale;
    if (column < 0 || row < 0 || column >= kPoints || row >= kPoints) return false;
    return inside[static_cast<size_t>(row) * kPoints + static_cast<size_t>(column)] != 0;
  }
};

Template MakeTemplate(SceneShape shape) {
  constexpr int kPoints = Template::kPoints;
  constexpr double kStep = 2.0 * kShapeReach / kPoints;
  Template made;
  double count = 0;
  for (int i = 0; i < kPoints; ++i) {
    for (int j = 0; j < kPoints; ++j) {
      const double x = (j + 0.5) * kStep - kShapeReach;
      const double y = (i + 0.5) * kStep - kShapeReach;
      const bool in = ShapeDistance(shape, static_cast<float>(x), static_cast<float>(y)) <= 0;
      made.inside.push_back(in);
      if (!in) continue;
      count += 1;
      made.x += x;
      made.y += y;
    }
  }
  made.area = count * kStep * kStep;
  made.x /= count;
  made.y /= count;
  return made;
}

const Template& TemplateOf(SceneShape shape) {
  static const auto* const all = [] {
    auto* templates = new std::vector<Template>;
    for (int i = 0; i < kNumShapes; ++i) {
      templates->push_back(MakeTemplate(static_cast<SceneShape>(i)));
    }
    return templates;
  }();
  return (*all)[static_cast<size_t>(shape)];
}

// The segment as a bitmap, with a margin for templates that reach further.
struct Bitmap {
  int left, top, width, height;
  std::vector<char> on;
};

Bitmap MakeBitmap(const Segment& segment) {
  int left = segment[0].x, right = left, top = segment[0].y, bottom = top;
  for (const Pixel& p : segment) {
    left = std::min(left, p.x);
    right = std::max(right, p.x);
    top = std::min(top, p.y);
    bottom = std::max(bottom, p.y);
  }
  const int margin = 2 + std::max(right - left, bottom - top) / 4;
  Bitmap bitmap{left - margin,
                top - margin,
                right - left + 1 + 2 * margin,
                bottom - top + 1 + 2 * margin,
                {}};
  bitmap.on.assign(static_cast<size_t>(bitmap.width) * static_cast<size_t>(bitmap.height), 0);
  for (const Pixel& p : segment) {
    bitmap.on[static_cast<size_t>(p.y - bitmap.top) * static_cast<size_t>(bitmap.width) +
              static_cast<size_t>(p.x - bitmap.left)] = 1;
  }
  return bitmap;
}

double Overlap(const Bitmap& bitmap, const ShapeMatch& match) {
  const Template& unit = TemplateOf(match.shape);
  const float inverse = static_cast<float>(1.0 / match.radius);
  int both = 0;
  int either = 0;
  size_t at = 0;
  for (int row = 0; row < bitmap.height; ++row) {
    const float y = static_cast<float>(bitmap.top + row + 0.5 - match.center_y) * inverse;
    for (int column = 0; column < bitmap.width; ++column, ++at) {
      const float x = static_cast<float>(bitmap.left + column + 0.5 - match.center_x) * inverse;
      const bool drawn = unit.Covers(x, y);
      both += drawn && bitmap.on[at];
      either += drawn || bitmap.on[at];
    }
  }
  return static_cast<double>(both) / either;
}

}  // namespace

ShapeMatch MatchShape(const Segment& segment, absl::Span<const SceneShape> shapes) {
  const double area = static_cast<double>(segment.size());
  double x = 0;
  double y = 0;
  for (const Pixel& p : segment) {
    x += (p.x + 0.5) / area;
    y += (p.y + 0.5) / area;
  }
  const Bitmap bitmap = MakeBitmap(segment);
  ShapeMatch best;
  best.iou = -1;
  for (SceneShape shape : shapes) {
    const Template& unit = TemplateOf(shape);
    for (double step : kRadiusSteps) {
      const double radius = step * std::sqrt(area / unit.area);
      ShapeMatch match{shape, x - unit.x * radius, y - unit.y * radius, radius, 0};
      match.iou = Overlap(bitmap, match);
      if (match.iou > best.iou) best = match;
    }
  }
  return best;
}

}  // namespace strobe::model
