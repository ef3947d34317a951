#include "client/load/bench_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace strobe::client {

std::vector<TimelinePoint> MakeTimeline(const LoadRun& run, size_t most) {
  std::vector<TimelinePoint> points;
  const size_t stride = std::max<size_t>(1, (run.records.size() + most - 1) / most);
  for (size_t i = 0; i < run.records.size(); i += stride) {
    const RequestRecord& record = run.records[i];
    const bool counts = !record.warmup && record.intended >= run.begin && record.intended < run.end;
    points.push_back({absl::ToDoubleSeconds(record.intended),
                      absl::ToDoubleSeconds(record.latency()), record.ok(), counts});
  }
  return points;
}

bool LevelResult::is_void() const {
  return std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run.is_void; });
}

std::vector<std::pair<std::string, workload::RepeatedFigure>> RepeatedFigures(
    const LevelResult& level) {
  std::vector<std::pair<std::string, workload::RepeatedFigure>> figures;
  const auto add = [&](const std::string& name, auto value_of) {
    std::vector<double> values;
    for (const LoadSummary& run : level.runs) values.push_back(value_of(run));
    figures.emplace_back(name, workload::Repeat(values));
  };
  add("throughput", [](const LoadSummary& run) { return run.completed_rate; });
  add("goodput", [](const LoadSummary& run) { return run.goodput; });
  add("images_per_second", [](const LoadSummary& run) { return run.image_rate; });
  add("attainment", [](const LoadSummary& run) { return run.all.attainment(); });
  add("latency_mean_seconds", [](const LoadSummary& run) { return run.all.latency.mean; });
  for (const double quantile : workload::kReportedQuantiles) {
    add(absl::StrCat("latency_p", quantile * 100, "_seconds"),
        [quantile](const LoadSummary& run) { return run.all.latency.at(quantile); });
  }
  return figures;
}

bool BenchReport::is_void() const {
  return std::any_of(levels.begin(), levels.end(),
                     [](const LevelResult& level) { return level.is_void(); });
}

const LevelResult& BenchReport::headline() const {
  const LevelResult* best = &levels.back();
  if (!highest_load.has_value()) return *best;
  for (const LevelResult& level : levels) {
    if (level.load == *highest_load) best = &level;
  }
  return *best;
}

}  // namespace strobe::client
