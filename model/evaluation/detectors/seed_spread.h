// How much the pictures of one prompt differ from seed to seed, beside those that are true of it.

#ifndef STROBE_MODEL_EVALUATION_DETECTORS_SEED_SPREAD_H_
#define STROBE_MODEL_EVALUATION_DETECTORS_SEED_SPREAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "model/evaluation/detectors/scene_detectors.h"
#include "model/evaluation/statistics/paired_bootstrap.h"

namespace strobe::model {

// What is read of one picture: for each attribute the numbers of its parts (three channels, two
// axes); none where the picture has nothing to read.
using SpreadReading = std::vector<std::vector<double>>;

// The variance over seeds of each attribute for one prompt, summed over its parts; nothing where
// fewer than two pictures have a reading.
using PromptVariance = std::vector<std::optional<double>>;

// `readings`: of the pictures of one prompt, at least one.
PromptVariance VarianceOverSeeds(const std::vector<SpreadReading>& readings);

// Of attribute number `attribute`, the root of the mean variance of `prompts` over that of `truth`,
// the prompts in the same order; where either has none, neither counts. 1: as varied as the truth;
// 0 where no prompt counts. Resampled over prompts.
Resampled SpreadRatio(const std::vector<PromptVariance>& prompts,
                      const std::vector<PromptVariance>& truth, size_t attribute, uint64_t seed,
                      int resamples);

// What is read of a scene with one object, by SpreadAttribute.
enum class SpreadAttribute { kBackground, kCenter, kRadius, kColor };
inline constexpr int kNumSpreadAttributes = 4;

// "background", "centre", "radius", "colour"
absl::string_view SpreadAttributeName(SpreadAttribute attribute);

// Of the largest object of `scene`, and its background; nothing without an object.
SpreadReading ReadingOf(const DetectedScene& scene);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_DETECTORS_SEED_SPREAD_H_
