#include "server/batching/cost_model.h"

#include <algorithm>
#include <iterator>

namespace strobe::server {
namespace {

// Weight of a new observation: a change of the device's speed is followed within some ten batches,
// one slow batch moves little.
constexpr double kNewWeight = 0.2;

double PixelRatio(Stage stage, const BatchKey& key, const BatchKey& seen) {
  const double seen_pixels = static_cast<double>(seen.width) * seen.height;
  if (stage == Stage::kEncodePrompt || seen_pixels <= 0) return 1.0;
  return static_cast<double>(key.width) * key.height / seen_pixels;
}

}  // namespace

void CostModel::Observe(Stage stage, const BatchKey& key, int batch_size, absl::Duration duration) {
  if (batch_size < 1 || duration < absl::ZeroDuration()) return;
  Curve& curve = curves_[static_cast<int>(stage)][key];
  const auto [entry, is_new] = curve.try_emplace(batch_size, duration);
  if (!is_new) entry->second += (duration - entry->second) * kNewWeight;
}

absl::Duration CostModel::Read(const Curve& curve, int batch_size) {
  const auto above = curve.lower_bound(batch_size);
  if (above == curve.end()) {
    const auto& [size, duration] = *curve.rbegin();
    return duration * batch_size / size;
  }
  if (above->first == batch_size || above == curve.begin()) return above->second;
  const auto below = std::prev(above);
  const double part =
      static_cast<double>(batch_size - below->first) / (above->first - below->first);
  return below->second + (above->second - below->second) * part;
}

absl::Duration CostModel::Predict(Stage stage, const BatchKey& key, int batch_size) const {
  if (batch_size < 1) return absl::ZeroDuration();
  const auto& by_key = curves_[static_cast<int>(stage)];
  if (const auto found = by_key.find(key); found != by_key.end()) {
    return Read(found->second, batch_size);
  }
  absl::Duration worst = absl::ZeroDuration();
  for (const auto& [seen, curve] : by_key) {
    worst = std::max(worst, Read(curve, batch_size) * PixelRatio(stage, key, seen));
  }
  return worst;
}

absl::Duration CostModel::PredictShare(Stage stage, const BatchKey& key) const {
  const auto& by_key = curves_[static_cast<int>(stage)];
  int largest = 1;
  if (const auto found = by_key.find(key); found != by_key.end()) {
    largest = found->second.rbegin()->first;
  } else {
    for (const auto& [seen, curve] : by_key) largest = std::max(largest, curve.rbegin()->first);
  }
  return Predict(stage, key, largest) / largest;
}

absl::Duration CostModel::PredictSample(const BatchKey& key, int denoise_steps) const {
  return Predict(Stage::kEncodePrompt, key, 1) + Predict(Stage::kDenoise, key, 1) * denoise_steps +
         Predict(Stage::kDecode, key, 1);
}

absl::Duration CostModel::PredictAmortized(const BatchKey& key, int denoise_steps) const {
  return PredictShare(Stage::kEncodePrompt, key) +
         PredictShare(Stage::kDenoise, key) * denoise_steps + PredictShare(Stage::kDecode, key);
}

}  // namespace strobe::server
