#include "client/load/summary_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/load/report_lines.h"

namespace strobe::client {
namespace {

std::string Row(absl::string_view name, absl::string_view value) {
  return absl::StrFormat("  %-18s %s\n", name, value);
}

// A line of the table of times; "*" marks quantiles of too few values.
std::string TimesRow(absl::string_view name, const LatencySummary& latency) {
  if (latency.empty()) return "";
  std::string line = absl::StrFormat("    %-16s %7d %9s", name, latency.sorted.size(),
                                     FormatSeconds(latency.mean));
  for (const double level : workload::kReportedQuantiles) {
    const auto quantile = workload::QuantileAt(latency.sorted, level);
    absl::StrAppendFormat(&line, " %9s%s", FormatSeconds(quantile.value),
                          quantile.interval.has_value() ? " " : "*");
  }
  return absl::StrFormat("%s %9s\n", line, FormatSeconds(latency.max()));
}

std::string Batches(const LoadSummary& run) {
  std::string text;
  for (const char* stage : {"text", "denoise", "decode"}) {
    const auto histogram = run.batches.find(stage);
    if (histogram == run.batches.end()) continue;
    std::vector<std::string> bars;
    for (const auto& [size, count] : histogram->second.batches) {
      bars.push_back(absl::StrFormat("%d: %.0f", size, count));
    }
    text +=
        Row(absl::StrCat(stage, " batches"),
            absl::StrFormat("mean %.2f (%s)", histogram->second.mean(), absl::StrJoin(bars, ", ")));
  }
  return text;
}

std::string Throughput(const LoadSummary& run) {
  std::string text;
  text += Row("throughput", absl::StrFormat("%.1f requests/s  %.1f images/s  %.1f steps/s  %.1f "
                                            "KiB/s",
                                            run.completed_rate, run.image_rate, run.step_rate,
                                            run.byte_rate / 1024));
  text +=
      Row("goodput", absl::StrFormat("%.1f requests/s within the objective, %s of %d", run.goodput,
                                     FormatPercent(run.all.attainment()), run.all.requests));
  text += Row("offered, sent", absl::StrFormat("%.1f, %.1f requests/s  in flight mean %.1f, max %d",
                                               run.offered_rate, run.sent_rate, run.in_flight_mean,
                                               run.in_flight_max));
  return text;
}

std::string Times(const LoadSummary& run) {
  std::string text = absl::StrFormat("    %-16s %7s %9s", "times", "n", "mean");
  for (const double level : workload::kReportedQuantiles) {
    absl::StrAppendFormat(&text, " %9s ", absl::StrCat("p", level * 100));
  }
  absl::StrAppendFormat(&text, " %9s\n", "max");
  text += TimesRow("latency", run.all.latency);
  text += TimesRow("from send", run.latency_from_send);
  text += TimesRow("first event", run.first_event);
  for (size_t i = 0; i < run.steps.size(); ++i) {
    text += TimesRow(absl::StrCat("step ", i + 1), run.steps[i]);
  }
  text += TimesRow("first partial", run.first_partial);
  text += TimesRow("partial gap", run.partial_gap);
  text += TimesRow("first image", run.first_image);
  for (const auto& [stage, times] : run.stages) text += TimesRow("  " + stage, times);
  text += TimesRow("send lag", run.send_lag);
  text +=
      "    *: n is too small to say; the indented ones are on the server, rest is what remains\n";
  if (!run.first_partial.empty()) {
    text += Row("partial images", absl::StrCat("are there for ", FormatPercent(run.partial_lead),
                                               " of a request's time"));
  }
  return text;
}

std::string Outcomes(const LoadSummary& run) {
  std::string text;
  std::vector<std::string> codes;
  for (const auto& [code, count] : run.status_codes) {
    codes.push_back(absl::StrCat(code, " ", count));
  }
  text += Row("status", absl::StrJoin(codes, "  "));
  for (const auto& [code, error] : run.first_errors) {
    text += Row("", absl::StrCat(code, ": ", error));
  }
  const auto add_groups = [&](const std::vector<GroupSummary>& groups, const char* what) {
    if (groups.size() < 2) return;
    for (const GroupSummary& group : groups) {
      text += Row(
          absl::StrCat(what, " ", group.name),
          absl::StrFormat("%d requests, %s good, p50 %s, p99 %s", group.requests,
                          FormatPercent(group.attainment()), FormatSeconds(group.latency.at(0.5)),
                          FormatSeconds(group.latency.at(0.99))));
    }
  };
  add_groups(run.classes, "class");
  add_groups(run.step_counts, "steps");
  if (run.classes.size() > 1) text += Row("fairness", absl::StrFormat("%.3f (Jain)", run.fairness));
  if (run.retries > 0) text += Row("retries", absl::StrCat(run.retries, " of refused requests"));
  if (run.wrong_size_images + run.corrupt_images > 0) {
    text += Row("broken images", absl::StrFormat("%d of a wrong size, %d corrupt",
                                                 run.wrong_size_images, run.corrupt_images));
  }
  if (run.ended_early > 0) text += Row("fewer steps", absl::StrCat(run.ended_early, " images"));
  return text;
}

std::string Measurement(const LoadSummary& run) {
  std::string text =
      Row("measured",
          absl::StrFormat(
              "%.1f s, %d warm-up requests dropped, drained "
              "in %.1f s%s%s",
              run.duration, run.warmup_requests, run.drain_seconds,
              run.trials >= MeasurementWindows::kStableWindows && !run.stable ? ", NOT STABLE" : "",
              run.interrupted ? ", INTERRUPTED" : ""));
  if (run.is_void) {
    text += Row("VOID", "the client sent late: its lag at p99 is above 1 % of the median latency");
  }
  return text;
}

std::string Usage(const ServerUsage& usage) {
  std::string text = Row("server process", ProcessLine(usage));
  const char* name = "server batches";
  for (const auto& [stage, batches] : usage.batches) {
    text += Row(std::exchange(name, ""), absl::StrCat(stage, ": ", BatchesLine(batches)));
  }
  if (usage.batches.count("denoise") > 0) text += Row("steps together", StepsTogetherLine(usage));
  return text;
}

std::string Pixels(const PixelCheckResult& pixels) {
  if (pixels.checked + pixels.skipped == 0) return "";
  return Row("pixel check", PixelsLine(pixels));
}

std::string Figures(const NamedFigures& figures) {
  std::string text;
  for (const auto& [name, figure] : figures) {
    text += Row("", absl::StrFormat("%-22s %s", name, FigureLine(figure)));
  }
  return text;
}

std::string Repeats(const LevelResult& level) {
  if (level.runs.size() < 2) return "";
  return Row("over the runs", absl::StrCat(level.runs.size(), " runs")) +
         Figures(RepeatedFigures(level));
}

}  // namespace

std::string LevelAsText(const LevelResult& level, double percentile) {
  const LoadSummary& run = level.last();
  std::string text = absl::StrCat(LevelName(level.kind, level.load), "\n", Measurement(run),
                                  Throughput(run), Times(run));
  if (percentile != 99 || run.error_share > 0) {
    text += Row(
        absl::StrCat("p", percentile, " of all"),
        absl::StrCat(FormatSeconds(run.threshold_latency), " with failures as infinitely late"));
  }
  text += Batches(run);
  text += Outcomes(run);
  if (level.usage.has_value()) text += Usage(*level.usage);
  if (const std::string line = DevicesLine(level); !line.empty()) text += Row("devices", line);
  return absl::StrCat(text, Pixels(level.pixels), Repeats(level));
}

std::string ComparisonAsText(const BenchReport& report) {
  std::string text;
  for (size_t i = 0; i < report.compared.size(); ++i) {
    const LevelResult& other = report.compared[i];
    const LevelResult& base = report.levels[i];
    absl::StrAppend(&text, LevelName(other.kind, other.load),
                    ": the second server over the first, ",
                    std::min(other.runs.size(), base.runs.size()), " pairs of runs\n",
                    Figures(RatioFigures(other, base)));
  }
  return text;
}

std::string LevelsAsTable(const BenchReport& report) {
  std::string table =
      absl::StrFormat("%-20s %10s %10s %9s %10s %10s %10s %8s\n", "load", "requests/s", "goodput",
                      "good", "p50", "p99", absl::StrCat("p", report.percentile, " all"), "errors");
  for (const LevelResult& level : report.levels) {
    const LoadSummary& run = level.last();
    absl::StrAppendFormat(
        &table, "%-20s %10.1f %10.1f %9s %10s %10s %10s %8s%s%s\n",
        LevelName(level.kind, level.load), run.completed_rate, run.goodput,
        FormatPercent(run.all.attainment()), FormatSeconds(run.all.latency.at(0.5)),
        FormatSeconds(run.all.latency.at(0.99)), FormatSeconds(run.threshold_latency),
        FormatPercent(run.error_share),
        level.meets_threshold.has_value() ? (*level.meets_threshold ? "  pass" : "  fail") : "",
        level.is_void() ? "  VOID" : "");
  }
  return table;
}

}  // namespace strobe::client
