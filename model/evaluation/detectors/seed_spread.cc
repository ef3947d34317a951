#include "model/evaluation/detectors/seed_spread.h"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace strobe::model {
namespace {

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

SpreadReading ReadingOf(const DetectedScene& scene) {
  if (scene.objects.empty()) return SpreadReading(kNumSpreadAttributes);
  const DetectedObject& object = scene.objects.front();
  return {{scene.background_rgb.begin(), scene.background_rgb.end()},
          {object.center_x, object.center_y},
          {object.radius},
          {object.rgb.begin(), object.rgb.end()}};
}

PromptVariance VarianceOverSeeds(const std::vector<SpreadReading>& readings) {
  PromptVariance variance(readings.front().size());
  for (size_t i = 0; i < variance.size(); ++i) {
    std::vector<std::vector<double>> read;
    for (const SpreadReading& reading : readings) {
      if (!reading[i].empty()) read.push_back(reading[i]);
    }
    if (read.size() >= 2) variance[i] = SummedVariance(read);
  }
  return variance;
}

Resampled SpreadRatio(const std::vector<PromptVariance>& prompts,
                      const std::vector<PromptVariance>& truth, size_t attribute, uint64_t seed,
                      int resamples) {
  assert(prompts.size() == truth.size());
  const auto ratio = [&](const std::vector<float>& counts) {
    double made = 0.0;
    double real = 0.0;
    for (size_t i = 0; i < prompts.size(); ++i) {
      const std::optional<double>& own = prompts[i][attribute];
      const std::optional<double>& other = truth[i][attribute];
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
