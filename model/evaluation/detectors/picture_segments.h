// Parts a picture into its background and the things on it.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_PICTURE_SEGMENTS_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_PICTURE_SEGMENTS_H_

#include <vector>

#include "model/scenes/scene_types.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct Pixel {
  int x = 0;
  int y = 0;
};

// The pixels of one thing, in rows from the top; never empty.
using Segment = std::vector<Pixel>;

struct PictureSegments {
  SceneColor background = SceneColor::kWhite;
  Rgb background_rgb{};           // the median of the border
  std::vector<Segment> segments;  // largest first
};

// RGB of a pixel in 0..1.
Rgb PixelRgb(const RgbImage& image, Pixel pixel);

double RgbDistance(const Rgb& a, const Rgb& b);

// The background is the palette colour nearest the median of the border (3 of 64 pixels wide).
// What differs from that median is a thing: a connected group (by edges) of at least 0.8 % of the
// picture, with its outline where the difference is half of that inside it. With `whole`, all that
// differs is one segment whether or not it is connected. Needs a square of 8x8 at least.
PictureSegments SegmentPicture(const RgbImage& image, SceneDomain domain, bool whole);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_PICTURE_SEGMENTS_H_
