// How figures are put into words, on the terminal and on the page alike.

#ifndef STROBE_CLIENT_LOAD_REPORT_LINES_H_
#define STROBE_CLIENT_LOAD_REPORT_LINES_H_

#include <string>

#include "client/load/bench_report.h"
#include "client/load/load_summary.h"
#include "workload/latency_statistics.h"

namespace strobe::client {

// "83.2 ms", "1.25 s", "640 us"; "-" for infinite.
std::string FormatSeconds(double seconds);

// The same of a quantile; "-" without values.
std::string FormatQuantile(const LatencySummary& latency, double level);

// "concurrency 8", "120 requests/s", "offline", "trace".
std::string LevelName(LoadKind kind, double load);

// "83.25 %".
std::string FormatPercent(double share);

// One line each, without its end.
std::string ProcessLine(const ServerUsage& usage);
// "512 W on average, 23.4 J an image; GPU 0 (NVIDIA H100): 97.00 % busy, ..."; empty: not known.
std::string DevicesLine(const LevelResult& level);
std::string BatchesLine(const StageBatches& batches);
std::string StepsTogetherLine(const ServerUsage& usage);
std::string PixelsLine(const PixelCheckResult& pixels);
// "104.2, 95 % in [101.3, 107.1], varies by 2.10 %"; "-": there is none.
std::string FigureLine(const workload::RepeatedFigure& figure);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_REPORT_LINES_H_
