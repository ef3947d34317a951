#include "model/evaluation/spread_measurement.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "model/evaluation/picture_source.h"
#include "model/evaluation/reference_pictures.h"
#include "model/evaluation/report/statistic_names.h"
#include "model/scenes/scene_random.h"
#include "model/scenes/scene_renderer.h"

namespace strobe::model {
namespace {

constexpr uint64_t kSpreadNoise = 1000000;  // beyond the seeds of the other prompts

}  // namespace

absl::StatusOr<SpreadMeasurement> SpreadMeasurement::Create(const PromptSet& set, int num_prompts,
                                                            int num_seeds) {
  SpreadMeasurement measurement;
  measurement.set_ = set;
  measurement.num_seeds_ = num_seeds;
  measurement.prompts_ = MakeSpreadPrompts(set, num_prompts);
  for (size_t i = 0; i < measurement.prompts_.size(); ++i) {
    SceneSamplerOptions options;
    options.domain = set.domain;
    options.seed = MixBits(set.seed + i);
    const SceneSampler sampler(options);
    std::vector<DetectedScene> scenes;
    for (int seed = 0; seed < num_seeds; ++seed) {
      const Scene scene =
          sampler.SampleTrueTo(measurement.prompts_[i].caption.truth, static_cast<uint64_t>(seed));
      STROBE_ASSIGN_OR_RETURN(DetectedScene detected,
                              DetectScene(RenderScene(scene, kReferenceSize), set.domain));
      scenes.push_back(std::move(detected));
    }
    measurement.truth_.push_back(VarianceOverSeeds(scenes));
  }
  return measurement;
}

absl::Status SpreadMeasurement::Measure(TextToImagePipeline& pipeline, const ComparisonRow& row,
                                        int resamples, const std::atomic<bool>* interrupted,
                                        RowStatistics& statistics) const {
  std::vector<std::string> texts;
  for (const EvaluationPrompt& prompt : prompts_) {
    texts.insert(texts.end(), static_cast<size_t>(num_seeds_), prompt.caption.text);
  }
  std::vector<PromptVariance> variances;
  std::vector<DetectedScene> scenes;  // of the prompt that is being drawn
  STROBE_RETURN_IF_ERROR(
      DrawPictures(pipeline, row, texts, set_.seed + kSpreadNoise, interrupted,
                   [&](size_t, const at::Tensor& picture) {
                     STROBE_ASSIGN_OR_RETURN(const RgbImage image, ToRgbImage(picture));
                     STROBE_ASSIGN_OR_RETURN(DetectedScene scene, DetectScene(image, set_.domain));
                     scenes.push_back(std::move(scene));
                     if (scenes.size() < static_cast<size_t>(num_seeds_)) return absl::OkStatus();
                     variances.push_back(VarianceOverSeeds(scenes));
                     scenes.clear();
                     return absl::OkStatus();
                   }));
  for (int i = 0; i < kNumSpreadAttributes; ++i) {
    const SpreadAttribute attribute = static_cast<SpreadAttribute>(i);
    statistics[SpreadName(attribute)] =
        SpreadRatio(variances, truth_, attribute, set_.seed, resamples);
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
