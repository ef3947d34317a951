// How far a picture's colours are from those that its scene is painted with.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_PALETTE_ERROR_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_PALETTE_ERROR_H_

#include <optional>

#include "model/evaluation/detectors/scene_detectors.h"

namespace strobe::model {

// Distances in RGB of 0..255 to the nearest colour of the palette.
struct PaletteError {
  double background = 0.0;
  std::optional<double> objects;  // mean over the solid ones; nothing without any
};

PaletteError PaletteErrorOf(const DetectedScene& scene);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_PALETTE_ERROR_H_
