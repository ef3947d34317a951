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

// The figures of one level's runs, a few dozen lines.
std::string LevelAsText(const LevelResult& level, double percentile);

// One line a level, for benchmarks of several.
std::string LevelsAsTable(const BenchReport& report);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_SUMMARY_TEXT_H_
