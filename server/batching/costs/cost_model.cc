#include "server/batching/costs/cost_model.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace strobe::server {
namespace {

// Weight of a new observation: a change of the device's speed is followed within some ten batches,
// one slow batch moves little.
constexpr double kNewWeight = 0.2;

// An observation counts as at most this many times the expected duration.
constexpr double kMaxSurprise = 2.0;

double PixelRatio(Stage stage, const BatchKey& key, const BatchKey& seen) {
  const double seen_pixels = static_cast<double>(seen.width) * seen.height;
  if (!model::TraitsOf(stage).scales_with_pixels || seen_pixels <= 0) return 1.0;
  return static_cast<double>(key.width) * key.height / seen_pixels;
}

}  // namespace

void CostModel::Observe(Stage stage, const BatchKey& key, int batch_size, absl::Duration duration) {
  if (batch_size < 1 || duration < absl::ZeroDuration()) return;
  Curves& curves = curves_[stage];
  if (HasModel(curves, key.model)) {
    const absl::Duration expected = Predict(stage, key, batch_size);
    if (expected > absl::ZeroDuration()) duration = std::min(duration, expected * kMaxSurprise);
  }
  Curve& curve = curves[key];
  const auto [entry, is_new] = curve.times.try_emplace(batch_size, Times{duration, duration});
  if (!is_new) {
    Times& times = entry->second;
    times.mean += (duration - times.mean) * kNewWeight;
    times.best = std::min(times.best, duration);
  }
  curve.cap = CapOf(curve.times);
}

std::vector<CostModel::Point> CostModel::Points() const {
  std::vector<Point> points;
  for (const Stage stage : model::kAllStages) {
    for (const auto& [key, curve] : curves_[stage]) {
      for (const auto& [batch_size, times] : curve.times) {
        points.push_back({stage, key, batch_size, times.mean, times.best});
      }
    }
  }
  return points;
}

void CostModel::Restore(const Point& point) {
  Curve& curve = curves_[point.stage][point.key];
  curve.times[point.batch_size] = {point.mean, point.best};
  curve.cap = CapOf(curve.times);
}

void CostModel::Forget(uint32_t model) {
  for (Curves& curves : curves_.values) {
    std::erase_if(curves, [&](const auto& each) { return each.first.model == model; });
  }
}

bool CostModel::HasModel(const Curves& curves, uint32_t model) {
  return std::any_of(curves.begin(), curves.end(),
                     [model](const auto& each) { return each.first.model == model; });
}

absl::Duration CostModel::Read(const Curve& curve, int batch_size, CostBasis basis) {
  const auto above = curve.times.lower_bound(batch_size);
  if (above == curve.times.end()) {
    const auto& [size, times] = *curve.times.rbegin();
    return times.of(basis) * batch_size / size;
  }
  const absl::Duration upper = above->second.of(basis);
  if (above->first == batch_size) return upper;
  if (above == curve.times.begin()) {
    return basis == CostBasis::kMean ? upper : upper * batch_size / above->first;
  }
  const auto below = std::prev(above);
  const absl::Duration lower = below->second.of(basis);
  const double part =
      static_cast<double>(batch_size - below->first) / (above->first - below->first);
  return lower + (upper - lower) * part;
}

absl::Duration CostModel::Predict(Stage stage, const BatchKey& key, int batch_size,
                                  CostBasis basis) const {
  if (batch_size < 1) return absl::ZeroDuration();
  const auto& by_key = curves_[stage];
  if (const auto found = by_key.find(key); found != by_key.end()) {
    return Read(found->second, batch_size, basis);
  }
  const bool has_model = HasModel(by_key, key.model);
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration worst = absl::ZeroDuration();
  for (const auto& [seen, curve] : by_key) {
    if (has_model && seen.model != key.model) continue;
    const absl::Duration time = Read(curve, batch_size, basis);
    const double ratio = PixelRatio(stage, key, seen);
    least = std::min(least, time * std::min(1.0, ratio));
    worst = std::max(worst, time * ratio);
  }
  return basis == CostBasis::kMean ? worst : by_key.empty() ? absl::ZeroDuration() : least;
}

int CostModel::CapOf(const std::map<int, Times>& times) {
  // As doubles: divisions of absl::Duration are slow.
  const auto of_one = [](int size, const Times& of_size) {
    return static_cast<double>(absl::ToInt64Nanoseconds(of_size.mean)) / size;
  };
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [size, of_size] : times) least = std::min(least, of_one(size, of_size));
  if (least == 0) return kNoCap;
  for (const auto& [size, of_size] : times) {
    if (of_one(size, of_size) > least * (1 + kWorthwhileSaving)) continue;
    return size == times.rbegin()->first ? kNoCap : size;
  }
  return kNoCap;
}

int CostModel::BatchCap(Stage stage, const BatchKey& key, int max_batch_size) const {
  const auto found = curves_[stage].find(key);
  return found == curves_[stage].end() ? max_batch_size
                                       : std::min(found->second.cap, max_batch_size);
}

absl::Duration CostModel::PredictAll(Stage stage, const BatchKey& key, int count,
                                     int max_batch_size, CostBasis basis) const {
  if (count == 1) return Predict(stage, key, 1, basis);
  const int cap = BatchCap(stage, key, max_batch_size);
  return Predict(stage, key, cap, basis) * (count / cap) + Predict(stage, key, count % cap, basis);
}

absl::Duration CostModel::PredictShare(Stage stage, const BatchKey& key, CostBasis basis) const {
  const auto& by_key = curves_[stage];
  int largest = 1;
  if (const auto found = by_key.find(key); found != by_key.end()) {
    largest = found->second.times.rbegin()->first;
  } else {
    for (const auto& [seen, curve] : by_key)
      largest = std::max(largest, curve.times.rbegin()->first);
  }
  return Predict(stage, key, largest, basis) / largest;
}

absl::Duration CostModel::PredictSample(const BatchKey& key, const StagePlan& plan,
                                        CostBasis basis) const {
  absl::Duration total;
  for (const Stage stage : model::kAllStages) {
    if (plan.times(stage) > 0) total += Predict(stage, key, 1, basis) * plan.times(stage);
  }
  return total;
}

absl::Duration CostModel::PredictTogether(const BatchKey& key, const StagePlan& plan, int count,
                                          int max_batch_size, CostBasis basis) const {
  absl::Duration total;
  for (const Stage stage : model::kAllStages) {
    if (plan.times(stage) == 0) continue;
    total += PredictAll(stage, key, count, max_batch_size, basis) * plan.times(stage);
  }
  return total;
}

absl::Duration CostModel::PredictAmortized(const BatchKey& key, const StagePlan& plan,
                                           CostBasis basis) const {
  absl::Duration total;
  for (const Stage stage : model::kAllStages) {
    if (plan.times(stage) > 0) total += PredictShare(stage, key, basis) * plan.times(stage);
  }
  return total;
}

}  // namespace strobe::server
