#include "model/evaluation/detectors/seed_spread.h"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace strobe::model {
namespace {

// The parts of one attribute of one picture.
std::vector<double> PartsOf(const DetectedScene& scene, SpreadAttribute attribute) {
  const DetectedObject& object = scene.objects.front();
  switch (attribute) {
    case SpreadAttribute::kBackground:
      return {scene.background_rgb.begin(), scene.background_rgb.end()};
    case SpreadAttribute::kCenter:
      return {object.center_x, object.center_y};
    case SpreadAttribute::kRadius:
      return {object.radius};
    case SpreadAttribute::kColor:
      break;
  }
  return {object.rgb.begin(), object.rgb.end()};
}

// The unbiased variance of each part over the readings, summed.
double SummedVariance(const std::vector<std::vector<double>>& readings) {
  const double count = static_cast<double>(readings.size());
  double sum = 0.0;
  for (size_t part = 0; part < readings.front().size(); ++part) {
    double mean = 0.0;
    for (const std::vector<double>& reading : readings) mean += reading[part] / count;
    for (const std::vector<double>& reading : readings) {
      sum += (reading[part] - mean) * (reading[part] - mean) / (count - 1.0);
    }
  }
  return sum;
}

}  // namespace

absl::string_view SpreadAttributeName(SpreadAttribute attribute) {
  static constexpr absl::string_view kNames[] = {"background", "centre", "radius", "colour"};
  return kNames[static_cast<size_t>(attribute)];
}

PromptVariance VarianceOverSeeds(const std::vector<DetectedScene>& scenes) {
  PromptVariance variance;
  for (size_t i = 0; i < variance.by_attribute.size(); ++i) {
    std::vector<std::vector<double>> readings;
    for (const DetectedScene& scene : scenes) {
      if (!scene.objects.empty()) {
        readings.push_back(PartsOf(scene, static_cast<SpreadAttribute>(i)));
      }
    }
    if (readings.size() >= 2) variance.by_attribute[i] = SummedVariance(readings);
  }
  return variance;
}

Resampled SpreadRatio(const std::vector<PromptVariance>& prompts,
                      const std::vector<PromptVariance>& truth, SpreadAttribute attribute,
                      uint64_t seed, int resamples) {
  assert(prompts.size() == truth.size());
  const size_t index = static_cast<size_t>(attribute);
  const auto ratio = [&](const std::vector<float>& counts) {
    double made = 0.0;
    double real = 0.0;
    for (size_t i = 0; i < prompts.size(); ++i) {
      const std::optional<double>& own = prompts[i].by_attribute[index];
      const std::optional<double>& other = truth[i].by_attribute[index];
      if (!own.has_value() || !other.has_value()) continue;
      made += static_cast<double>(counts[i]) * *own;
      real += static_cast<double>(counts[i]) * *other;
    }
    return real > 0.0 ? std::sqrt(made / real) : 0.0;
  };
  Resampled result{ratio(std::vector<float>(prompts.size(), 1.0f)), {}};
  for (int r = 0; r < resamples; ++r) {
    result.draws.push_back(ratio(ResampleCounts(static_cast<int>(prompts.size()), seed, r)));
  }
  return result;
}

}  // namespace strobe::model
