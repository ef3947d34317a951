// The colour and texture of a segment.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_SURFACE_DETECTOR_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_SURFACE_DETECTOR_H_

#include "absl/types/span.h"
#include "model/evaluation/detectors/picture_segments.h"
#include "model/scenes/scene_types.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct Surface {
  SceneColor color = SceneColor::kRed;
  SceneTexture texture = SceneTexture::kSolid;
  Rgb median{};  // of the segment's pixels, channel by channel
};

// The palette colour nearest the median colour of `segment`, as solid.
Surface DetectSolidSurface(const RgbImage& image, const Segment& segment,
                           absl::Span<const SceneColor> colors);

// The colour whose line to the colour of its marks lies nearest the pixels, and the texture whose
// marks, over all phases, correlate best with where on that line each pixel lies; solid where next
// to no pixel lies near the marks.
Surface DetectSurface(const RgbImage& image, const Segment& segment,
                      absl::Span<const SceneColor> colors);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_SURFACE_DETECTOR_H_
