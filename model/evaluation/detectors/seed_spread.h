// How much the pictures of one prompt differ from seed to seed, beside those that are true of it.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_SEED_SPREAD_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_SEED_SPREAD_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "model/evaluation/detectors/scene_detectors.h"
#include "model/evaluation/statistics/paired_bootstrap.h"

namespace strobe::model {

// What is read of a picture with one object, by SpreadAttribute; nothing where there is no object.
enum class SpreadAttribute { kBackground, kCenter, kRadius, kColor };
inline constexpr int kNumSpreadAttributes = 4;

// "background", "centre", "radius", "colour"
absl::string_view SpreadAttributeName(SpreadAttribute attribute);

// The variance over seeds of each attribute for one prompt, summed over its parts (three channels,
// two axes). Readings are of the largest object of each scene; nothing where fewer than two scenes
// have one.
struct PromptVariance {
  std::array<std::optional<double>, kNumSpreadAttributes> by_attribute;
};
PromptVariance VarianceOverSeeds(const std::vector<DetectedScene>& scenes);

// The root of the mean variance of `prompts` over that of `truth`, the prompts in the same order;
// where either has none, neither counts. 1: as varied as the truth; 0 where no prompt counts.
// Resampled over prompts.
Resampled SpreadRatio(const std::vector<PromptVariance>& prompts,
                      const std::vector<PromptVariance>& truth, SpreadAttribute attribute,
                      uint64_t seed, int resamples);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_SEED_SPREAD_H_
