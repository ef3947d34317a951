#include "server/warmup.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/observability/logging.h"
#include "server/warmup_run.h"

namespace strobe::server {
namespace {

constexpr int kRepetitions = 2;
constexpr absl::Duration kReportEvery = absl::Seconds(3);
// More lanes need more memory and make each picture slower: they must pay.
constexpr double kLeastGain = 1.05;

std::vector<WarmupShape> ShapesOf(const std::vector<model::ModelDescription>& models,
                                  int max_batch_size) {
  std::vector<WarmupShape> shapes;
  for (int index = 0; index < static_cast<int>(models.size()); ++index) {
    std::vector<std::pair<int, int>> sizes = models[index].warmup_sizes;
    if (sizes.empty()) sizes = {{models[index].default_width, models[index].default_height}};
    for (const auto& [width, height] : sizes) {
      for (int batch_size = 1; batch_size <= max_batch_size; ++batch_size) {
        shapes.push_back({{index, width, height}, batch_size});
      }
    }
  }
  return shapes;
}

void Observe(CostModel& cost_model, const WarmupShape& shape, const StageTimes& times) {
  for (int stage = 0; stage < kStageCount; ++stage) {
    cost_model.Observe(static_cast<Stage>(stage), shape.key, shape.batch_size, times[stage]);
  }
}

absl::Status MeasureShape(StageEngine& engine, const Clock& clock, const WarmupShape& shape,
                          int lanes, CostModel& cost_model) {
  StageTimes best;
  best.fill(absl::InfiniteDuration());
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    const auto alone = RunWarmup(engine, clock, shape, 1, repetition);
    if (!alone.ok()) return alone.status();
    for (int stage = 0; stage < kStageCount; ++stage) {
      best[stage] = std::min(best[stage], alone->stages[stage]);
    }
  }
  if (lanes > 1) {
    const auto together = RunWarmup(engine, clock, shape, lanes, kRepetitions);
    if (!together.ok()) return together.status();
    Observe(cost_model, shape, together->stages);
  }
  Observe(cost_model, shape, best);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> ChooseLanes(int max_lanes,
                                const std::function<absl::StatusOr<double>(int)>& rate) {
  int chosen = 1;
  double best = 0;
  for (int lanes = 1; max_lanes > 1; lanes = std::min(2 * lanes, max_lanes)) {
    const auto present = rate(lanes);
    if (!present.ok()) return present.status();
    if (*present < kLeastGain * best) break;
    best = *present;
    chosen = lanes;
    if (lanes == max_lanes) break;
  }
  return chosen;
}

absl::StatusOr<double> MeasureRate(StageEngine& engine, int max_batch_size, int lanes,
                                   const Clock& clock) {
  engine.UseLanes(lanes);
  const model::ModelDescription& model = engine.models().front();
  const WarmupShape shape = {{0, model.default_width, model.default_height}, max_batch_size};
  absl::Duration best = absl::InfiniteDuration();
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    // Other numbers than those of WarmUp's repetitions and of other numbers of lanes.
    const auto times =
        RunWarmup(engine, clock, shape, lanes, kRepetitions * lanes + repetition + 1);
    if (!times.ok()) return times.status();
    best = std::min(best, times->elapsed);
  }
  const double rate = lanes * shape.batch_size / absl::ToDoubleSeconds(best);
  Log(LogLevel::kDebug, "lanes measured", {{"lanes", lanes}, {"images_per_second", rate}});
  return rate;
}

absl::Status WarmUp(StageEngine& engine, int max_batch_size, int lanes, const Clock& clock,
                    CostModel& cost_model) {
  const std::vector<WarmupShape> shapes = ShapesOf(engine.models(), max_batch_size);
  absl::Time reported = clock.Now();
  for (size_t i = 0; i < shapes.size(); ++i) {
    const WarmupShape& shape = shapes[i];
    if (clock.Now() - reported >= kReportEvery) {
      reported = clock.Now();
      Log(LogLevel::kInfo, "warming up",
          {{"model", engine.models()[shape.key.model_index].name},
           {"width", shape.key.width},
           {"height", shape.key.height},
           {"batch_size", shape.batch_size},
           {"done", i},
           {"total", shapes.size()}});
    }
    const absl::Status status = MeasureShape(engine, clock, shape, lanes, cost_model);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace strobe::server
