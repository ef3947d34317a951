#include "client/load/report_plots.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/load/report_lines.h"
#include "client/load/svg_plot.h"

namespace strobe::client {
namespace {

// Numbers of the page's colours.
constexpr int kBlue = 1;
constexpr int kOrange = 2;
constexpr int kGreen = 3;
constexpr int kRed = 4;
constexpr int kGrey = 7;

constexpr double kHeadroom = 1.08;
constexpr int kCurvePoints = 200;

std::string FormatNumber(double value) { return absl::StrCat(std::round(value * 1000) / 1000); }

std::string FormatPercentile(double level) {
  return level <= 0 ? "0" : absl::StrCat("p", std::round(level * 1e7) / 1e5);
}

// Ticks of one axis should share a unit and be short.
std::string FormatTick(double seconds) {
  if (seconds == 0) return "0";
  if (seconds >= 1) return absl::StrCat(FormatNumber(seconds), " s");
  if (seconds >= 0.001) return absl::StrCat(FormatNumber(seconds * 1e3), " ms");
  return absl::StrCat(FormatNumber(seconds * 1e6), " us");
}

PlotAxis SecondsAxis(const std::string& label, double high) {
  return {label, 0, high > 0 && std::isfinite(high) ? high * kHeadroom : 1, AxisScale::kLinear,
          FormatTick};
}

// Evenly spaced in nines, which is how they are drawn.
SvgPlot::Points Curve(const LatencySummary& latency, double most_nines) {
  SvgPlot::Points points;
  for (int i = 0; i <= kCurvePoints && !latency.empty(); ++i) {
    const double level = 1 - std::pow(10, -most_nines * i / kCurvePoints);
    points.emplace_back(level, latency.at(level));
  }
  return points;
}

PlotAxis LoadAxis(const BenchReport& report) {
  double low = report.levels.front().load;
  double high = low;
  for (const LevelResult& level : report.levels) {
    low = std::min(low, level.load);
    high = std::max(high, level.load);
  }
  const bool callers = report.levels.front().kind == LoadKind::kConcurrency;
  return {callers ? "concurrent callers" : "offered requests a second", low, high,
          AxisScale::kLinear, FormatNumber};
}

// `value_of` each level, the last run of each load, by load.
template <typename Value>
SvgPlot::Points ByLoad(const BenchReport& report, Value value_of) {
  std::map<double, double> values;
  for (const LevelResult& level : report.levels) {
    const double value = value_of(level.last());
    if (std::isfinite(value)) values[level.load] = value;
  }
  return {values.begin(), values.end()};
}

double Highest(const SvgPlot::Points& points) {
  double highest = 0;
  for (const auto& [x, y] : points) highest = std::max(highest, y);
  return highest;
}

}  // namespace

std::string LatencyPlot(const LoadSummary& run, double threshold) {
  const LatencySummary& latency = run.all.latency;
  if (latency.empty()) return "";
  const double nines = std::log10(static_cast<double>(latency.sorted.size()) + 1);
  PlotAxis x{"percentile", 0, 1 - std::pow(10, -nines), AxisScale::kNines, FormatPercentile};
  SvgPlot plot(x, SecondsAxis("latency", latency.max()));
  plot.AddRule(threshold, absl::StrCat("objective ", FormatSeconds(threshold)));
  plot.AddLine(Curve(run.first_image, nines), kGreen, "to the first image");
  plot.AddLine(Curve(run.latency_from_send, nines), kOrange, "from send");
  plot.AddLine(Curve(latency, nines), kBlue, "from the intended time");
  return plot.Render();
}

std::string LatencyByLoadPlot(const BenchReport& report) {
  if (report.levels.size() < 2) return "";
  const auto at = [](double level) {
    return [level](const LoadSummary& run) {
      return run.all.latency.empty() ? NAN : run.all.latency.at(level);
    };
  };
  const auto p99 = ByLoad(report, at(0.99));
  SvgPlot plot(LoadAxis(report), SecondsAxis("latency", Highest(p99)));
  const double threshold = absl::ToDoubleSeconds(report.threshold);
  plot.AddRule(threshold, absl::StrCat("objective ", FormatSeconds(threshold)));
  plot.AddLine(ByLoad(report, at(0.5)), kGreen, "p50", /*marks=*/true);
  plot.AddLine(ByLoad(report, at(0.9)), kOrange, "p90", /*marks=*/true);
  plot.AddLine(p99, kBlue, "p99", /*marks=*/true);
  return plot.Render();
}

std::string GoodputByLoadPlot(const BenchReport& report) {
  if (report.levels.size() < 2) return "";
  const auto offered = ByLoad(report, [](const auto& run) { return run.offered_rate; });
  PlotAxis y{"requests a second", 0, Highest(offered) * kHeadroom, AxisScale::kLinear,
             FormatNumber};
  SvgPlot plot(LoadAxis(report), y);
  plot.AddLine(offered, kGrey, "offered");
  plot.AddLine(ByLoad(report, [](const auto& run) { return run.completed_rate; }), kOrange,
               "completed", /*marks=*/true);
  plot.AddLine(ByLoad(report, [](const auto& run) { return run.goodput; }), kBlue,
               "within the objective", /*marks=*/true);
  return plot.Render();
}

std::string BatchPlot(const LoadSummary& run) {
  int largest = 0;
  double most = 0;
  for (const auto& [stage, histogram] : run.batches) {
    for (const auto& [size, count] : histogram.batches) {
      largest = std::max(largest, size);
      most = std::max(most, count);
    }
  }
  if (largest == 0) return "";
  SvgPlot plot({"batch size", 0.4, largest + 0.6, AxisScale::kLinear, FormatNumber, /*whole=*/true},
               {"batches", 0, most * kHeadroom, AxisScale::kLinear, FormatNumber});
  int number = 0;
  for (const auto& [stage, colour] :
       {std::pair("text", kGreen), std::pair("denoise", kBlue), std::pair("decode", kOrange)}) {
    const auto found = run.batches.find(stage);
    if (found == run.batches.end()) continue;
    const double offset = 0.27 * (number++ - 1);
    for (const auto& [size, count] : found->second.batches) {
      plot.AddBar(size + offset, count, 0.25, colour,
                  absl::StrFormat("%s: %.0f batches of %d", stage, count, size));
    }
    plot.AddLegend(colour, absl::StrFormat("%s, mean %.2f", stage, found->second.mean()));
  }
  return plot.Render();
}

std::string StagePlot(const BenchReport& report) {
  const size_t count = report.levels.size();
  double highest = 0;
  for (const LevelResult& level : report.levels) {
    double sum = 0;
    for (const auto& [stage, times] : level.last().stages) sum += times.mean;
    highest = std::max(highest, sum);
  }
  if (highest == 0) return "";
  const auto name = [&report](double number) {
    const auto index = static_cast<size_t>(std::lround(number)) - 1;
    return index < report.levels.size() ? FormatNumber(report.levels[index].load) : "";
  };
  SvgPlot plot(
      {count > 1 ? "load" : LevelName(report.levels.front().kind, report.levels.front().load), 0.4,
       static_cast<double>(count) + 0.6, AxisScale::kLinear,
       count > 1 ? std::function<std::string(double)>(name) : [](double) { return std::string(); },
       /*whole=*/true},
      SecondsAxis("mean time", highest));
  const auto& stages = report.levels.front().last().stages;
  // Higher bars first, so that the lower ones stay in sight.
  for (size_t stage = stages.size(); stage-- > 0;) {
    const int colour = static_cast<int>(stage) + 1;
    for (size_t i = 0; i < count; ++i) {
      const auto& of_level = report.levels[i].last().stages;
      double top = 0;
      for (size_t below = 0; below <= stage; ++below) top += of_level[below].second.mean;
      plot.AddBar(
          static_cast<double>(i) + 1, top, count > 1 ? 0.7 : 0.35, colour,
          absl::StrCat(stages[stage].first, ": ", FormatSeconds(of_level[stage].second.mean)));
    }
  }
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    plot.AddLegend(static_cast<int>(stage) + 1, stages[stage].first);
  }
  return plot.Render();
}

std::string TimelinePlot(const LevelResult& level, double threshold) {
  double end = 0;
  double highest = 0;
  double begin = INFINITY;
  double counted_end = 0;
  SvgPlot::Points warm_up, ok, failed;
  for (const TimelinePoint& point : level.timeline) {
    end = std::max(end, point.time);
    highest = std::max(highest, point.latency);
    if (point.counts) begin = std::min(begin, point.time);
    if (point.counts) counted_end = std::max(counted_end, point.time);
    (!point.ok ? failed : point.counts ? ok : warm_up).emplace_back(point.time, point.latency);
  }
  if (level.timeline.empty()) return "";
  SvgPlot plot(
      {"intended time since the start", 0, std::max(end, 1e-3), AxisScale::kLinear, FormatTick},
      SecondsAxis("latency", highest));
  plot.AddSpan(begin, counted_end, "what counts");
  plot.AddRule(threshold, absl::StrCat("objective ", FormatSeconds(threshold)));
  plot.AddDots(warm_up, kGrey, "does not count", 0.6);
  plot.AddDots(ok, kBlue, "OK", ok.size() > 1000 ? 0.45 : 0.8);
  plot.AddDots(failed, kRed, "not OK", 0.8);
  return plot.Render();
}

}  // namespace strobe::client
