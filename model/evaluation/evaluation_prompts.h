// The prompts of an evaluation and the pictures that answer them truly.

#ifndef STROBE_MODEL_EVALUATION_EVALUATION_PROMPTS_H_
#define STROBE_MODEL_EVALUATION_EVALUATION_PROMPTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "model/evaluation/alignment_score.h"
#include "model/scenes/captioner.h"
#include "model/scenes/scene_types.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct EvaluationPrompt {
  Scene scene;           // one that the caption is true of
  SceneCaption caption;  // names every attribute
  bool held_out = false;
};

// `count` prompts; every other one of scenes that are held out of training. Equal arguments give
// equal prompts, and the first n of more are the n of fewer.
std::vector<EvaluationPrompt> MakeEvaluationPrompts(SceneDomain domain, int count, uint64_t seed);

// What the detectors read in `image` against the prompt. INVALID_ARGUMENT for a picture that they
// do not take.
absl::StatusOr<AlignmentScore> ScorePicture(const RgbImage& image, const EvaluationPrompt& prompt,
                                            SceneDomain domain);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_EVALUATION_PROMPTS_H_
