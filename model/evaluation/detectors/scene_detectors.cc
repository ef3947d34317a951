#include "model/evaluation/detectors/scene_detectors.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/evaluation/detectors/picture_segments.h"
#include "model/evaluation/detectors/shape_matcher.h"
#include "model/evaluation/detectors/surface_detector.h"
#include "model/scenes/scene_layout.h"

namespace strobe::model {
namespace {

constexpr int kLeastSize = 16;
constexpr int kMostSize = 1024;

absl::Status CheckPicture(const RgbImage& image) {
  if (image.width != image.height || image.width < kLeastSize || image.width > kMostSize) {
    return absl::InvalidArgumentError(absl::StrCat("detectors need a square of ", kLeastSize,
                                                   " to ", kMostSize, " pixels, not ", image.width,
                                                   "x", image.height));
  }
  const size_t bytes = 3 * static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  if (image.pixels.size() != bytes) {
    return absl::InvalidArgumentError(absl::StrCat("a picture with ", image.pixels.size(),
                                                   " bytes of pixels instead of ", bytes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DetectedScene> DetectScene(const RgbImage& image, SceneDomain domain) {
  STROBE_RETURN_IF_ERROR(CheckPicture(image));
  const bool simple = domain == SceneDomain::kSimple;
  const PictureSegments parts = SegmentPicture(image, domain, /*whole=*/simple);
  DetectedScene scene;
  scene.background = parts.background;
  scene.background_rgb = parts.background_rgb;
  for (const Segment& segment : parts.segments) {
    const ShapeMatch match = MatchShape(segment, DomainShapes(domain));
    const Surface surface = simple ? DetectSolidSurface(image, segment, DomainObjectColors(domain))
                                   : DetectSurface(image, segment, DomainObjectColors(domain));
    scene.objects.push_back({match.shape, surface.color, surface.texture,
                             match.center_x / image.width, match.center_y / image.height,
                             match.radius / image.width, match.iou, surface.median});
  }
  return scene;
}

SceneSize DetectedSize(const DetectedObject& object, SceneKind kind) {
  return object.radius > SizeThreshold(kind) ? SceneSize::kLarge : SceneSize::kSmall;
}

ScenePosition DetectedPosition(const DetectedObject& object) {
  return NearestPosition(static_cast<float>(object.center_x), static_cast<float>(object.center_y));
}

SceneRelation DetectedRelation(const DetectedObject& object, const DetectedObject& other) {
  const double dx = object.center_x - other.center_x;
  const double dy = object.center_y - other.center_y;
  if (std::abs(dx) >= std::abs(dy))
    return dx < 0 ? SceneRelation::kLeftOf : SceneRelation::kRightOf;
  return dy < 0 ? SceneRelation::kAbove : SceneRelation::kBelow;
}

}  // namespace strobe::model
