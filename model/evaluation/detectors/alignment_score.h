// How well a picture fits its caption, attribute by attribute.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_ALIGNMENT_SCORE_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_ALIGNMENT_SCORE_H_

#include <array>
#include <optional>

#include "absl/strings/string_view.h"
#include "model/evaluation/detectors/scene_detectors.h"
#include "model/scenes/caption_truth.h"

namespace strobe::model {

enum class Attribute { kBackground, kColor, kShape, kSize, kPosition, kTexture, kRelation, kCount };
inline constexpr int kNumAttributes = 8;

// "background", "color", ...
absl::string_view AttributeName(Attribute attribute);

// The share of right answers, 0..1, for each attribute that the caption asks for; with two or three
// objects a half or a third of "color" may be right.
struct AlignmentScore {
  std::array<std::optional<double>, kNumAttributes> shares;

  std::optional<double> share(Attribute attribute) const {
    return shares[static_cast<size_t>(attribute)];
  }
  // Over the attributes asked for; 1 when none is.
  double Mean() const;
  // Every attribute asked for is wholly right.
  bool AllRight() const;
};

// Scores `scene` against `truth`. Each object of the caption gets a detected object of its own, or
// none if there are too few, in the way that makes most attributes right; what has no object is
// wrong. Texture is asked for when the caption says one (then of every object), count from two
// objects on; sizes are judged by the measure of truth.kind.
AlignmentScore ScoreAlignment(const DetectedScene& scene, const CaptionTruth& truth);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_ALIGNMENT_SCORE_H_
