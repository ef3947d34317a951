// The prompts of an evaluation and the pictures that answer them truly.

#ifndef STROBE_MODEL_EVALUATION_REPORT_EVALUATION_PROMPTS_H_
#define STROBE_MODEL_EVALUATION_REPORT_EVALUATION_PROMPTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "model/evaluation/detectors/alignment_score.h"
#include "model/scenes/caption_style.h"
#include "model/scenes/scene_sampler.h"
#include "model/scenes/scene_types.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct EvaluationPrompt {
  Scene scene;           // one that the caption is true of
  SceneCaption caption;  // of the set's style
  bool held_out = false;
};

// Which prompts: of a domain, saying as much as the style says.
struct PromptSet {
  SceneDomain domain = SceneDomain::kSimple;
  CaptionStyle style = CaptionStyle::kNamed;
  uint64_t seed = 9;
};

// `count` prompts. In the named style every other one is of scenes that are held out of training;
// in the others none is, because a model that never saw them cannot draw them by chance. Equal
// arguments give equal prompts, and the first n of more are the n of fewer.
std::vector<EvaluationPrompt> MakeEvaluationPrompts(const PromptSet& set, int count);

// `count` prompts of one object each, whose attributes can be compared from seed to seed.
std::vector<EvaluationPrompt> MakeSpreadPrompts(const PromptSet& set, int count);

// Scene `index` of those that the set's pictures are drawn from, held-out ones as often as among
// its prompts.
Scene ReferenceScene(const PromptSet& set, int index);

// What the detectors read in `image` against the prompt. INVALID_ARGUMENT for a picture that they
// do not take.
absl::StatusOr<AlignmentScore> ScorePicture(const RgbImage& image, const EvaluationPrompt& prompt,
                                            SceneDomain domain);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_EVALUATION_PROMPTS_H_
