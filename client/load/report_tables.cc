#include "client/load/report_tables.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/load/report_lines.h"
#include "client/load/svg_plot.h"

namespace strobe::client {
namespace {

// Cells are HTML.
std::string Table(const std::string& title, const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  std::string html = absl::StrCat("<section><h2>", title, "</h2><table><tr><th>",
                                  absl::StrJoin(head, "</th><th>"), "</th></tr>\n");
  for (const auto& row : rows) {
    absl::StrAppend(&html, "<tr><td>", absl::StrJoin(row, "</td><td>"), "</td></tr>\n");
  }
  return absl::StrCat(html, "</table></section>\n");
}

using FactList = std::vector<std::pair<std::string, std::string>>;

// Two columns of names and texts.
std::string Facts(const std::string& title, const FactList& facts) {
  std::string html = absl::StrCat("<section><h2>", title, "</h2><table>\n");
  for (const auto& [name, text] : facts) {
    absl::StrAppend(&html, "<tr><td class=\"soft\">", name, "</td><td class=\"text\">",
                    EscapeHtml(text), "</td></tr>\n");
  }
  return absl::StrCat(html, "</table></section>\n");
}

void AddUsage(const ServerUsage& usage, FactList& facts) {
  facts.emplace_back("server process", ProcessLine(usage));
  for (const auto& [stage, batches] : usage.batches) {
    facts.emplace_back("server's " + stage, BatchesLine(batches));
  }
  facts.emplace_back("steps together", StepsTogetherLine(usage));
}

}  // namespace

std::string LatencyTable(const LoadSummary& run) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const LatencySummary& latency) {
    if (latency.empty()) return;
    std::vector<std::string> row = {name, absl::StrCat(latency.sorted.size()),
                                    FormatSeconds(latency.mean)};
    for (const double level : workload::kReportedQuantiles) {
      const auto quantile = workload::QuantileAt(latency.sorted, level);
      row.push_back(absl::StrCat(FormatSeconds(quantile.value), " <small class=\"soft\">",
                                 quantile.interval.has_value()
                                     ? absl::StrCat(FormatSeconds(quantile.interval->low), " to ",
                                                    FormatSeconds(quantile.interval->high))
                                     : "n too small",
                                 "</small>"));
    }
    row.push_back(FormatSeconds(latency.max()));
    rows.push_back(std::move(row));
  };
  add("latency from the intended time", run.all.latency);
  add("latency from send", run.latency_from_send);
  add("to the first event", run.first_event);
  for (size_t i = 0; i < run.steps.size(); ++i) add(absl::StrCat("to step ", i + 1), run.steps[i]);
  add("to the first partial image", run.first_partial);
  add("between partial images", run.partial_gap);
  add("to the first image", run.first_image);
  for (const auto& [stage, times] : run.stages) add("server: " + stage, times);
  add("send lag of this client", run.send_lag);
  return Table("Times <span class=\"soft\">with 95 % confidence intervals</span>",
               {"", "n", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"}, rows);
}

std::string GroupTable(const LoadSummary& run) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const GroupSummary& group) {
    rows.push_back({EscapeHtml(name), absl::StrCat(group.requests), absl::StrCat(group.ok),
                    absl::StrCat(group.good), FormatPercent(group.attainment()),
                    absl::StrCat(group.shed), absl::StrCat(group.deadline_missed),
                    absl::StrCat(group.cancelled), absl::StrCat(group.failed),
                    FormatSeconds(group.latency.at(0.5)), FormatSeconds(group.latency.at(0.99))});
  };
  add("all", run.all);
  if (run.classes.size() > 1) {
    for (const GroupSummary& group : run.classes) add("class " + group.name, group);
  }
  if (run.step_counts.size() > 1) {
    for (const GroupSummary& group : run.step_counts) add("steps " + group.name, group);
  }
  return Table("Requests",
               {"", "requests", "OK", "good", "attainment", "shed", "deadline missed", "cancelled",
                "failed", "p50", "p99"},
               rows);
}

std::string LevelTable(const BenchReport& report) {
  if (report.levels.size() < 2) return "";
  std::vector<std::vector<std::string>> rows;
  for (const LevelResult& level : report.levels) {
    const LoadSummary& run = level.last();
    const std::string verdict = !level.meets_threshold.has_value() ? ""
                                : *level.meets_threshold ? "<span class=\"pass\">pass</span>"
                                                         : "<span class=\"fail\">fail</span>";
    rows.push_back({LevelName(level.kind, level.load), absl::StrFormat("%.1f", run.completed_rate),
                    absl::StrFormat("%.1f", run.goodput), FormatPercent(run.all.attainment()),
                    FormatSeconds(run.all.latency.at(0.5)), FormatSeconds(run.all.latency.at(0.99)),
                    FormatSeconds(run.threshold_latency), FormatPercent(run.error_share),
                    level.is_void() ? "<span class=\"fail\">void</span>" : verdict});
  }
  return Table("Loads",
               {"", "completed/s", "goodput/s", "attainment", "p50", "p99",
                absl::StrCat("p", report.percentile, " of all"), "errors", ""},
               rows);
}

std::string RunFacts(const BenchReport& report) {
  const LevelResult& level = report.headline();
  const LoadSummary& run = level.last();
  FactList facts = {
      {"measured",
       absl::StrFormat("%.1f s in %d windows, %d warm-up requests dropped, drained in "
                       "%.1f s",
                       run.duration, run.trials, run.warmup_requests, run.drain_seconds)},
      {"offered, sent",
       absl::StrFormat("%.1f, %.1f requests/s; in flight mean %.1f, max %d", run.offered_rate,
                       run.sent_rate, run.in_flight_mean, run.in_flight_max)},
      {"work",
       absl::StrFormat("%.1f denoising steps/s, %.1f KiB/s, %d images with fewer steps, %d of a "
                       "wrong size, %d corrupt",
                       run.step_rate, run.byte_rate / 1024, run.ended_early, run.wrong_size_images,
                       run.corrupt_images)},
      {"retries", absl::StrCat(run.retries, " of refused requests")},
      {"fairness",
       absl::StrFormat("%.3f (Jain's index of the classes' attainment)", run.fairness)}};
  for (const auto& [code, count] : run.status_codes) {
    const auto error = run.first_errors.find(code);
    facts.emplace_back(code, absl::StrCat(count, error == run.first_errors.end()
                                                     ? ""
                                                     : absl::StrCat("; first: ", error->second)));
  }
  if (level.usage.has_value()) AddUsage(*level.usage, facts);
  if (std::string line = DevicesLine(level); !line.empty()) facts.emplace_back("devices", line);
  if (level.pixels.checked + level.pixels.skipped > 0) {
    facts.emplace_back("pixel check", PixelsLine(level.pixels));
  }
  if (level.runs.size() > 1) {
    for (const auto& [name, figure] : RepeatedFigures(level)) {
      facts.emplace_back(absl::StrCat(name, " over ", figure.runs, " runs"), FigureLine(figure));
    }
  }
  return Facts("The run", facts);
}

std::string ComparisonTable(const BenchReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < report.compared.size(); ++i) {
    const LevelResult& other = report.compared[i];
    const auto of_other = RepeatedFigures(other);
    const auto of_base = RepeatedFigures(report.levels[i]);
    const auto ratios = RatioFigures(other, report.levels[i]);
    for (size_t figure = 0; figure < ratios.size(); ++figure) {
      rows.push_back({LevelName(other.kind, other.load), ratios[figure].first,
                      FigureLine(of_base[figure].second), FigureLine(of_other[figure].second),
                      FigureLine(ratios[figure].second)});
    }
  }
  return Table("Two servers <span class=\"soft\">in pairs of runs of one schedule</span>",
               {"", "", "first server", "second server", "second over first"}, rows);
}

std::string ProvenanceFacts(const Provenance& provenance) {
  FactList facts = {{"command", provenance.command},
                    {"started", provenance.started},
                    {"seed", absl::StrCat(provenance.seed)},
                    {"client", absl::StrCat("strobe-client ", provenance.client_version, " on ",
                                            provenance.host)}};
  for (const ServerProvenance& server : provenance.servers) {
    facts.emplace_back("server", server.address);
    for (const auto& [name, labels] : server.facts) {
      facts.emplace_back(EscapeHtml(name), absl::StrJoin(labels, ", ", absl::PairFormatter(" ")));
    }
    for (const std::string& model : server.models) facts.emplace_back("model", model);
  }
  return Facts("Provenance", facts);
}

}  // namespace strobe::client
