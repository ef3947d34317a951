#include "model/scenes/scene_shapes.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace strobe::model {
namespace {

constexpr float kPi = 3.14159265358979f;

struct Edge {
  float x, y;              // start
  float dx, dy;            // to the end
  float inverse_length_2;  // 1 / (dx^2 + dy^2)
};
using Polygon = std::vector<Edge>;

struct Point {
  float x, y;
};

Polygon MakePolygon(const std::vector<Point>& points) {
  Polygon polygon;
  for (size_t i = 0; i < points.size(); ++i) {
    const Point& a = points[i];
    const Point& b = points[(i + 1) % points.size()];
    const float dx = b.x - a.x;
    const float dy = b.y - a.y;
    polygon.push_back({a.x, a.y, dx, dy, 1.0f / (dx * dx + dy * dy)});
  }
  return polygon;
}

Polygon MakeTriangle() { return MakePolygon({{0.0f, -1.05f}, {1.02f, 0.9f}, {-1.02f, 0.9f}}); }

Polygon MakeDiamond() {
  return MakePolygon({{0.0f, -1.08f}, {1.08f, 0.0f}, {0.0f, 1.08f}, {-1.08f, 0.0f}});
}

Polygon MakeStar() {
  constexpr float kOuter = 1.08f;
  constexpr float kInner = 0.47f * kOuter;
  std::vector<Point> points;
  for (int i = 0; i < 10; ++i) {
    const float radius = i % 2 == 0 ? kOuter : kInner;
    const float angle = kPi * static_cast<float>(i) / 5.0f;
    points.push_back({radius * std::sin(angle), -radius * std::cos(angle)});
  }
  return MakePolygon(points);
}

// The curve x = 16 sin^3 t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t, scaled and centred.
Polygon MakeHeart() {
  constexpr int kPoints = 32;
  constexpr float kScale = 1.05f / 16.0f;
  constexpr float kLift = 0.165f;
  std::vector<Point> points;
  for (int i = 0; i < kPoints; ++i) {
    const float t = 2.0f * kPi * static_cast<float>(i) / kPoints;
    const float s = std::sin(t);
    const float y = 13.0f * std::cos(t) - 5.0f * std::cos(2.0f * t) - 2.0f * std::cos(3.0f * t) -
                    std::cos(4.0f * t);
    points.push_back({16.0f * s * s * s * kScale, -y * kScale - kLift});
  }
  return MakePolygon(points);
}

Polygon MakeCross() {
  constexpr float kArm = 1.0f;
  constexpr float kHalf = 0.36f;
  return MakePolygon({{-kHalf, -kArm},
                      {kHalf, -kArm},
                      {kHalf, -kHalf},
                      {kArm, -kHalf},
                      {kArm, kHalf},
                      {kHalf, kHalf},
                      {kHalf, kArm},
                      {-kHalf, kArm},
                      {-kHalf, kHalf},
                      {-kArm, kHalf},
                      {-kArm, -kHalf},
                      {-kHalf, -kHalf}});
}

// Distance to the nearest edge; inside by the even-odd rule.
float PolygonDistance(const Polygon& polygon, float x, float y) {
  float nearest = 1e9f;
  bool inside = false;
  for (const Edge& edge : polygon) {
    const float px = x - edge.x;
    const float py = y - edge.y;
    const float along =
        std::clamp((px * edge.dx + py * edge.dy) * edge.inverse_length_2, 0.0f, 1.0f);
    const float ex = px - along * edge.dx;
    const float ey = py - along * edge.dy;
    nearest = std::min(nearest, ex * ex + ey * ey);
    if ((py < 0.0f) != (py - edge.dy < 0.0f) && px < edge.dx * py / edge.dy) inside = !inside;
  }
  return inside ? -std::sqrt(nearest) : std::sqrt(nearest);
}

float BoxDistance(float half, float x, float y) {
  const float dx = std::abs(x) - half;
  const float dy = std::abs(y) - half;
  const float outside = std::hypot(std::max(dx, 0.0f), std::max(dy, 0.0f));
  return outside + std::min(std::max(dx, dy), 0.0f);
}

// 1 within `half` periods of the middle of the cell that holds `t`.
float Band(float t, float half, float pixels_per_period) {
  const float from_middle = std::abs(t - std::floor(t) - 0.5f);
  return std::clamp(0.5f + (half - from_middle) * pixels_per_period, 0.0f, 1.0f);
}

}  // namespace

float ShapeDistance(SceneShape shape, float x, float y) {
  static const Polygon triangle = MakeTriangle();
  static const Polygon star = MakeStar();
  static const Polygon heart = MakeHeart();
  static const Polygon diamond = MakeDiamond();
  static const Polygon cross = MakeCross();
  switch (shape) {
    case SceneShape::kCircle:
      return std::sqrt(x * x + y * y) - 1.0f;
    case SceneShape::kSquare:
      return BoxDistance(0.9f, x, y);
    case SceneShape::kTriangle:
      return PolygonDistance(triangle, x, y);
    case SceneShape::kStar:
      return PolygonDistance(star, x, y);
    case SceneShape::kHeart:
      return PolygonDistance(heart, x, y);
    case SceneShape::kRing:
      return std::abs(std::sqrt(x * x + y * y) - 0.75f) - 0.25f;
    case SceneShape::kDiamond:
      return PolygonDistance(diamond, x, y);
    case SceneShape::kCross:
      return PolygonDistance(cross, x, y);
  }
  return 0.0f;
}

float TextureMark(SceneTexture texture, float u, float v, float pixels_per_period) {
  switch (texture) {
    case SceneTexture::kSolid:
      return 0.0f;
    case SceneTexture::kStriped:
      return Band(v + 0.5f, 0.2f, pixels_per_period);
    case SceneTexture::kDotted: {
      const float du = u - std::floor(u + 0.5f);
      const float dv = v - std::floor(v + 0.5f);
      const float inside = 0.3f - std::sqrt(du * du + dv * dv);
      return std::clamp(0.5f + inside * pixels_per_period, 0.0f, 1.0f);
    }
    case SceneTexture::kCheckered: {
      const float a = Band(u + 0.25f, 0.25f, pixels_per_period);
      const float b = Band(v + 0.25f, 0.25f, pixels_per_period);
      return a * b + (1.0f - a) * (1.0f - b);
    }
  }
  return 0.0f;
}

}  // namespace strobe::model
