#include "client/load/html_report.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/load/report_lines.h"
#include "client/load/report_plots.h"
#include "client/load/report_tables.h"
#include "client/load/svg_plot.h"

namespace strobe::client {
namespace {

// --c1 to --c7 are the colours of the plots.
constexpr char kStyle[] = R"(
:root{--paper:#fff;--ink:#1b1f24;--soft:#5c6670;--line:#e3e7eb;--card:#f6f8fa;
--c1:#2f6fde;--c2:#e8862e;--c3:#2aa577;--c4:#d64545;--c5:#8a5cd1;--c6:#9aa4ae;--c7:#b3bcc5}
@media(prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e6eaee;--soft:#97a2ad;--line:#2a3138;
--card:#1b2127;--c1:#5b95f5;--c2:#f0a050;--c3:#46c496;--c4:#f06a6a;--c5:#ab86ea;--c6:#78838e;--c7:#5a646e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1360px;padding:28px 32px 64px;background:var(--paper);color:var(--ink);
font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:24px;margin:0}h2{font-size:15px;margin:0 0 6px}.soft{color:var(--soft)}
.note{padding:10px 14px;border-radius:8px;margin:14px 0;border-left:4px solid var(--c3);background:var(--card)}
.note.bad{border-color:var(--c4)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(126px,1fr));gap:12px;margin:18px 0}
.card{background:var(--card);border-radius:10px;padding:12px 14px}
.card b{display:block;font-size:22px;font-weight:600;line-height:1.25}
.card span{color:var(--soft);font-size:12px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(540px,1fr));gap:18px;margin:18px 0}
figure{margin:0;padding:14px 14px 6px;border:1px solid var(--line);border-radius:10px}
figcaption{font-weight:600;font-size:15px}figcaption small{font-weight:400;color:var(--soft);margin-left:6px}
svg{width:100%;height:auto;display:block}td small{display:block;line-height:1.2}svg text{fill:var(--soft);font-size:11px}
svg .label{fill:var(--soft);font-size:11.5px}svg .legend{fill:var(--ink);font-size:11.5px}
.grid{stroke:var(--line)}.axis{stroke:var(--soft);fill:none}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.dots{stroke-width:3.4;stroke-linecap:round;fill:none}
.rule{stroke:var(--c4);stroke-dasharray:5 4}svg .rule-name{fill:var(--c4)}
.span{fill:var(--c1);opacity:.06}
section{margin-top:26px;overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:right;padding:5px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--soft);font-weight:500}th:first-child,td:first-child{text-align:left;padding-left:0}
td.text{text-align:left;white-space:normal;overflow-wrap:anywhere}
.pass{color:var(--c3)}.fail{color:var(--c4)}
)";

std::string Card(const std::string& value, const std::string& name) {
  return absl::StrCat("<div class=\"card\"><b>", value, "</b><span>", name, "</span></div>\n");
}

std::string Figure(const std::string& title, const std::string& about, const std::string& svg) {
  if (svg.empty()) return "";
  return absl::StrCat("<figure><figcaption>", title, "<small>", about, "</small></figcaption>\n",
                      svg, "</figure>\n");
}

std::string Note(const std::string& text, bool bad) {
  return absl::StrCat("<div class=\"note", bad ? " bad" : "", "\">", EscapeHtml(text), "</div>\n");
}

std::string Verdicts(const BenchReport& report) {
  const LoadSummary& run = report.headline().last();
  std::string html;
  if (report.is_void()) {
    html +=
        Note(absl::StrCat("Void: the client sent late (lag at p99 ",
                          FormatSeconds(run.send_lag.at(0.99)),
                          ", more than 1 % of the median latency). None of the figures counts."),
             true);
  }
  for (const std::string& condition : report.failed_conditions) {
    html += Note("Failed: " + condition, true);
  }
  if (run.interrupted) html += Note("Interrupted: the figures are of what ran until then.", true);
  if (run.trials >= MeasurementWindows::kStableWindows && !run.stable) {
    html += Note("Not stable: the last three windows differ by more than the stability percentage.",
                 true);
  }
  if (report.threshold != absl::InfiniteDuration()) {
    const std::string objective =
        absl::StrCat("p", report.percentile, " of at most ",
                     FormatSeconds(absl::ToDoubleSeconds(report.threshold)));
    html += report.highest_load.has_value()
                ? Note(absl::StrCat("The highest load with ", objective, ": ",
                                    LevelName(report.headline().kind, *report.highest_load)),
                       false)
                : Note(absl::StrCat("No load that was tried has ", objective), true);
  }
  return html;
}

std::string Cards(const LevelResult& level, double percentile) {
  const LoadSummary& run = level.last();
  std::string html = "<div class=\"cards\">\n";
  html += Card(absl::StrFormat("%.1f/s", run.completed_rate), "requests completed");
  html += Card(absl::StrFormat("%.1f/s", run.goodput), "goodput, within the objective");
  html += Card(absl::StrFormat("%.1f/s", run.image_rate), "images");
  html += Card(FormatPercent(run.all.attainment()), "of the requests good");
  html += Card(FormatSeconds(run.all.latency.at(0.5)), "latency p50");
  html += Card(FormatSeconds(run.all.latency.at(0.99)), "latency p99");
  if (percentile != 99 || run.error_share > 0) {
    html += Card(FormatSeconds(run.threshold_latency),
                 absl::StrCat("p", percentile, ", failures as infinitely late"));
  }
  html += Card(FormatPercent(run.error_share), "errors");
  if (level.pixels.checked > 0) {
    html += Card(
        absl::StrCat(level.pixels.checked - level.pixels.mismatched, " of ", level.pixels.checked),
        absl::StrCat("images with the same pixels alone, ", level.pixels.identical,
                     " bit for bit"));
  }
  return absl::StrCat(html, "</div>\n");
}

std::string Addresses(const Provenance& provenance) {
  std::vector<std::string> addresses;
  for (const ServerProvenance& server : provenance.servers) addresses.push_back(server.address);
  return absl::StrJoin(addresses, " and ");
}

std::string Plots(const BenchReport& report) {
  const LevelResult& level = report.headline();
  const double threshold = absl::ToDoubleSeconds(report.threshold);
  return absl::StrCat(
      "<div class=\"plots\">\n",
      Figure("Latency by load", "of requests that are OK", LatencyByLoadPlot(report)),
      Figure("Throughput by load", "", GoodputByLoadPlot(report)),
      Figure("Latency", "by percentile, equal steps for equal nines",
             LatencyPlot(level.last(), threshold)),
      Figure("Timeline", "each dot a request; shaded: what counts", TimelinePlot(level, threshold)),
      Figure("Where the time goes", "mean on the server; rest: network and client",
             StagePlot(report)),
      Figure("Batches", "that the images rode in", BatchPlot(level.last())), "</div>\n");
}

}  // namespace

std::string HtmlReport(const BenchReport& report) {
  const LevelResult& level = report.headline();
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>strobe-client bench</title>"
      "\n<style>",
      kStyle, "</style></head>\n<body>\n<h1>", LevelName(level.kind, level.load),
      "</h1>\n<div class=\"soft\">", EscapeHtml(Addresses(report.provenance)), ", ",
      report.provenance.started, "</div>\n", Verdicts(report), Cards(level, report.percentile),
      Plots(report), LevelTable(report), ComparisonTable(report), GroupTable(level.last()),
      LatencyTable(level.last()), RunFacts(report), ProvenanceFacts(report.provenance),
      "</body></html>\n");
}

}  // namespace strobe::client
