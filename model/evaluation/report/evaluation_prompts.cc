#include "model/evaluation/report/evaluation_prompts.h"

#include <utility>

#include "base/status_macros.h"
#include "model/evaluation/detectors/scene_detectors.h"

namespace strobe::model {
namespace {

constexpr uint64_t kReferenceSeed = 0x726566;
constexpr uint64_t kSpreadSeed = 0x737072656164;

bool IsHeldOutNumber(const PromptSet& set, int index) {
  return set.style == CaptionStyle::kNamed && index % 2 == 1;
}

SceneSamplerOptions OptionsOf(const PromptSet& set, bool held_out) {
  SceneSamplerOptions options;
  options.domain = set.domain;
  options.seed = set.seed;
  options.split = held_out ? SceneSplit::kHeldOut : SceneSplit::kTrain;
  return options;
}

EvaluationPrompt PromptOf(const PromptSet& set, Scene scene, int index) {
  EvaluationPrompt prompt;
  prompt.caption = CaptionInStyle(scene, set.style, set.seed, static_cast<uint64_t>(index));
  prompt.scene = std::move(scene);
  return prompt;
}

}  // namespace

std::vector<EvaluationPrompt> MakeEvaluationPrompts(const PromptSet& set, int count) {
  std::vector<EvaluationPrompt> prompts;
  for (int i = 0; i < count; ++i) {
    const bool held_out = IsHeldOutNumber(set, i);
    const SceneSampler sampler(OptionsOf(set, held_out));
    prompts.push_back(PromptOf(set, sampler.Sample(static_cast<uint64_t>(i)), i));
    prompts.back().held_out = held_out;
  }
  return prompts;
}

std::vector<EvaluationPrompt> MakeSpreadPrompts(const PromptSet& set, int count) {
  SceneSamplerOptions options = OptionsOf(set, /*held_out=*/false);
  options.seed ^= kSpreadSeed;
  options.mix = {/*single=*/1.0, /*pair=*/0.0, /*triple=*/0.0, /*count=*/0.0, options.mix.textured};
  const SceneSampler sampler(options);
  std::vector<EvaluationPrompt> prompts;
  for (int i = 0; i < count; ++i) {
    prompts.push_back(PromptOf(set, sampler.Sample(static_cast<uint64_t>(i)), i));
  }
  return prompts;
}

Scene ReferenceScene(const PromptSet& set, int index) {
  SceneSamplerOptions options = OptionsOf(set, IsHeldOutNumber(set, index));
  options.seed ^= kReferenceSeed;
  return SceneSampler(options).Sample(static_cast<uint64_t>(index));
}

absl::StatusOr<AlignmentScore> ScorePicture(const RgbImage& image, const EvaluationPrompt& prompt,
                                            SceneDomain domain) {
  STROBE_ASSIGN_OR_RETURN(const DetectedScene detected, DetectScene(image, domain));
  return ScoreAlignment(detected, prompt.caption.truth);
}

}  // namespace strobe::model
