#include "client/load/bench_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace strobe::client {
namespace {

using FigureValues = std::vector<std::pair<std::string, std::vector<double>>>;

// What runs are repeated and compared for: a value for each run, by name.
FigureValues FiguresByRun(const LevelResult& level) {
  FigureValues figures;
  const auto add = [&](const std::string& name, auto value_of) {
    std::vector<double> values;
    for (const LoadSummary& run : level.runs) values.push_back(value_of(run));
    figures.emplace_back(name, std::move(values));
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

}  // namespace

std::vector<TimelinePoint> MakeTimeline(const LoadRun& run, size_t most) {
  std::vector<TimelinePoint> points;
  const size_t stride = std::max<size_t>(1, (run.records.size() + most - 1) / most);
  for (size_t i = 0; i < run.records.size(); i += stride) {
    const RequestRecord& record = run.records[i];
    points.push_back({absl::ToDoubleSeconds(record.intended),
                      absl::ToDoubleSeconds(record.latency()), record.ok(), run.Counts(record)});
  }
  return points;
}

double LevelResult::energy_per_image() const {
  return usage.has_value() && usage->images > 0 ? devices.energy_joules / usage->images : 0;
}

bool LevelResult::is_void() const {
  return std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run.is_void; });
}

NamedFigures RepeatedFigures(const LevelResult& level) {
  NamedFigures figures;
  for (const auto& [name, values] : FiguresByRun(level)) {
    figures.emplace_back(name, workload::Repeat(values));
  }
  return figures;
}

NamedFigures RatioFigures(const LevelResult& other, const LevelResult& base) {
  NamedFigures ratios;
  const FigureValues over = FiguresByRun(other);
  const FigureValues under = FiguresByRun(base);
  const size_t pairs = std::min(other.runs.size(), base.runs.size());
  for (size_t i = 0; i < over.size(); ++i) {
    ratios.emplace_back(over[i].first,
                        workload::RatioOfPairs(absl::MakeSpan(over[i].second).first(pairs),
                                               absl::MakeSpan(under[i].second).first(pairs)));
  }
  return ratios;
}

std::vector<double> LatenciesOf(const LevelResult& level) {
  std::vector<double> latencies;
  for (const LoadSummary& run : level.runs) {
    const std::vector<double>& sorted = run.all.latency.sorted;
    latencies.insert(latencies.end(), sorted.begin(), sorted.end());
  }
  std::sort(latencies.begin(), latencies.end());
  return latencies;
}

bool BenchReport::is_void() const {
  const auto of_level = [](const LevelResult& level) { return level.is_void(); };
  return std::any_of(levels.begin(), levels.end(), of_level) ||
         std::any_of(compared.begin(), compared.end(), of_level);
}

const LevelResult& BenchReport::headline() const {
  const LevelResult* best = &levels.back();
  if (!highest_load.has_value()) return *best;
  for (const LevelResult& level : levels) {
    if (level.load == *highest_load) best = &level;
  }
  return *best;
}

const LevelResult* BenchReport::compared_headline() const {
  const size_t index = &headline() - levels.data();
  return index < compared.size() ? &compared[index] : nullptr;
}

}  // namespace strobe::client
