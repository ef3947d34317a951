#include "server/startup/warmup.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/observability/logging.h"
#include "server/startup/warmup_run.h"

namespace strobe::server {
namespace {

constexpr int kRateMeasurements = 2;
constexpr int kLeastPassesAlone = 2;
constexpr absl::Duration kReportEvery = absl::Seconds(3);
// So many sizes are measured whatever they save, and all batches that are over this soon: a single
// time that was too good on a busy machine must not end what batches are for.
constexpr size_t kLeastSizes = 8;
constexpr absl::Duration kQuickBatch = absl::Milliseconds(100);
// More lanes need more memory and make each picture slower: they must pay.
constexpr double kLeastGain = 1.05;

struct ServedShape {
  const LoadedModel& model;
  BatchKey key;
};

std::vector<ServedShape> ShapesOf(const std::vector<LoadedModel>& models) {
  std::vector<ServedShape> shapes;
  for (const LoadedModel& model : models) {
    const model::ModelDescription& description = model.description;
    std::vector<std::pair<int, int>> sizes = description.warmup_sizes;
    if (sizes.empty()) sizes = {{description.default_width, description.default_height}};
    for (const auto& [width, height] : sizes) {
      shapes.push_back({model, KeyOf(model.key, width, height)});
    }
  }
  return shapes;
}

absl::Status MeasureShape(StageEngine& engine, const Clock& clock, const WarmupShape& shape,
                          int lanes, CostModel& cost_model) {
  STROBE_ASSIGN_OR_RETURN(const WarmupTimes alone,
                          RunWarmup(engine, clock, shape, {1, kLeastPassesAlone, "alone"}));
  StageTimes mean = alone.typical, best = alone.best;
  if (lanes > 1) {
    STROBE_ASSIGN_OR_RETURN(const WarmupTimes together,
                            RunWarmup(engine, clock, shape, {lanes, 1, "together"}));
    mean = together.typical;
    for (const Stage stage : model::kAllStages) {
      best[stage] = std::min(best[stage], together.best[stage]);
    }
  }
  for (const Stage stage : model::kAllStages) {
    if (best[stage] == absl::InfiniteDuration()) continue;
    cost_model.Restore({stage, shape.key, shape.batch_size, mean[stage], best[stage]});
  }
  return absl::OkStatus();
}

// What each picture of a full batch takes of the device.
absl::Duration TimeOfPicture(const CostModel& costs, const BatchKey& key, int batch_size,
                             int denoise_steps) {
  PerStage<absl::Duration> of_batch;
  for (const Stage stage : model::kAllStages) {
    of_batch[stage] = costs.Predict(stage, key, batch_size);
  }
  return StagePlan(model::kTextToImage, denoise_steps).Total(of_batch) / batch_size;
}

// Whether a batch larger than those whose pictures took `times`, by batch size from 1, may be worth
// making: not when twice the smallest one that is about as good as any was no better.
bool MayPay(const std::vector<absl::Duration>& times) {
  if (times.size() < kLeastSizes || times.back() * times.size() < kQuickBatch) return true;
  const absl::Duration least = *std::min_element(times.begin(), times.end());
  const auto smallest = std::find_if(times.begin(), times.end(), [&](absl::Duration time) {
    return time <= least * (1 + kWorthwhileSaving);
  });
  return 2 * (smallest - times.begin() + 1) > static_cast<std::ptrdiff_t>(times.size());
}

}  // namespace

absl::StatusOr<int> ChooseLanes(int max_lanes,
                                const std::function<absl::StatusOr<double>(int)>& rate) {
  int chosen = 1;
  double best = 0;
  for (int lanes = 1; max_lanes > 1; lanes = std::min(2 * lanes, max_lanes)) {
    STROBE_ASSIGN_OR_RETURN(const double present, rate(lanes));
    if (present < kLeastGain * best) break;
    best = present;
    chosen = lanes;
    if (lanes == max_lanes) break;
  }
  return chosen;
}

absl::StatusOr<double> MeasureRate(StageEngine& engine, int max_batch_size, int lanes,
                                   const Clock& clock) {
  engine.UseLanes(lanes);
  const LoadedModel& model = engine.models().front();
  const WarmupShape shape = {
      model, KeyOf(model.key, model.description.default_width, model.description.default_height),
      max_batch_size};
  double rate = 0;
  for (int i = 0; i < kRateMeasurements; ++i) {
    STROBE_ASSIGN_OR_RETURN(
        const WarmupTimes times,
        RunWarmup(engine, clock, shape, {lanes, 1, absl::StrCat("rate ", lanes, " ", i)}));
    rate = std::max(rate, times.passes * shape.batch_size / absl::ToDoubleSeconds(times.elapsed));
  }
  Log(LogLevel::kDebug, "lanes measured", {{"lanes", lanes}, {"images_per_second", rate}});
  return rate;
}

absl::Status WarmUp(StageEngine& engine, int max_batch_size, int lanes, const Clock& clock,
                    CostModel& cost_model) {
  const std::vector<ServedShape> shapes = ShapesOf(engine.models());
  absl::Time reported = clock.Now();
  for (size_t i = 0; i < shapes.size(); ++i) {
    const auto& [model, key] = shapes[i];
    std::vector<absl::Duration> times;
    for (int size = 1; size <= max_batch_size && MayPay(times); ++size) {
      if (clock.Now() - reported >= kReportEvery) {
        reported = clock.Now();
        Log(LogLevel::kInfo, "warming up",
            {{"model", model.description.name},
             {"width", key.width},
             {"height", key.height},
             {"batch_size", size},
             {"sizes_done", i},
             {"sizes", shapes.size()}});
      }
      STROBE_RETURN_IF_ERROR(MeasureShape(engine, clock, {model, key, size}, lanes, cost_model));
      times.push_back(
          TimeOfPicture(cost_model, key, size, model.description.default_num_inference_steps));
    }
  }
  return absl::OkStatus();
}

}  // namespace strobe::server
