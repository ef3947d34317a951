// A benchmark for people at a terminal.

#ifndef STROBE_CLIENT_LOAD_SUMMARY_TEXT_H_
#define STROBE_CLIENT_LOAD_SUMMARY_TEXT_H_

#include <string>

#include "client/load/bench_report.h"

namespace strobe::client {

// "83.2 ms", "1.25 s", "640 us"; "-" for infinite.
std::string FormatSeconds(double seconds);

// "concurrency 8", "120 requests/s", "offline", "trace".
std::string LevelName(LoadKind kind, double load);

// "83.25 %".
std::string FormatPercent(double share);

// Single lines, for the terminal and the page alike.
std::string ProcessLine(const ServerUsage& usage);
// "512 W on average, 23.4 J an image; GPU 0 (NVIDIA H100): 97.00 % busy, ..."; empty: not known.
std::string DevicesLine(const LevelResult& level);
std::string BatchesLine(const StageBatches& batches);
std::string StepsTogetherLine(const ServerUsage& usage);
std::string PixelsLine(const PixelCheckResult& pixels);
// "104.2, 95 % in [101.3, 107.1], varies by 2.10 %"; "-": there is none.
std::string FigureLine(const workload::RepeatedFigure& figure);

// The figures of one level's runs, a few dozen lines.
std::string LevelAsText(const LevelResult& level, double percentile);

// The ratios of the second server's figures to the first one's, level by level; empty without a
// second one.
std::string ComparisonAsText(const BenchReport& report);

// One line a level, for benchmarks of several.
std::string LevelsAsTable(const BenchReport& report);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_SUMMARY_TEXT_H_
