#include "model/evaluation/evaluation_prompts.h"

#include "base/status_macros.h"
#include "model/evaluation/scene_detectors.h"
#include "model/scenes/scene_sampler.h"

namespace strobe::model {

std::vector<EvaluationPrompt> MakeEvaluationPrompts(SceneDomain domain, int count, uint64_t seed) {
  SceneSamplerOptions options;
  options.domain = domain;
  options.seed = seed;
  const SceneSampler seen(options);
  options.split = SceneSplit::kHeldOut;
  const SceneSampler held_out(options);
  std::vector<EvaluationPrompt> prompts;
  for (int i = 0; i < count; ++i) {
    EvaluationPrompt prompt;
    prompt.held_out = i % 2 == 1;
    prompt.scene = (prompt.held_out ? held_out : seen).Sample(static_cast<uint64_t>(i));
    prompt.caption = CaptionScene(prompt.scene, kSayAll, seed, static_cast<uint64_t>(i));
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

absl::StatusOr<AlignmentScore> ScorePicture(const RgbImage& image, const EvaluationPrompt& prompt,
                                            SceneDomain domain) {
  STROBE_ASSIGN_OR_RETURN(const DetectedScene detected, DetectScene(image, domain));
  return ScoreAlignment(detected, prompt.caption.truth);
}

}  // namespace strobe::model
