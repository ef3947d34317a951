// A benchmark for people at a terminal.

#ifndef STROBE_CLIENT_LOAD_SUMMARY_TEXT_H_
#define STROBE_CLIENT_LOAD_SUMMARY_TEXT_H_

#include <string>

#include "client/load/bench_report.h"

namespace strobe::client {

// The figures of one level's runs, a few dozen lines.
std::string LevelAsText(const LevelResult& level, double percentile);

// The ratios of the second server's figures to the first one's, level by level; empty without a
// second one.
std::string ComparisonAsText(const BenchReport& report);

// One line a level, for benchmarks of several.
std::string LevelsAsTable(const BenchReport& report);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_SUMMARY_TEXT_H_
