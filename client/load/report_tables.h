// The tables of a benchmark's report.

#ifndef STROBE_CLIENT_LOAD_REPORT_TABLES_H_
#define STROBE_CLIENT_LOAD_REPORT_TABLES_H_

#include <string>

#include "client/load/bench_report.h"

namespace strobe::client {

// Each returns a <section>, or nothing where there is nothing to show.

// One line a load, for several loads.
std::string LevelTable(const BenchReport& report);

// How the requests fared: all, by class and by step count.
std::string GroupTable(const LoadSummary& run);

// Quantiles of every measured time with their confidence intervals.
std::string LatencyTable(const LoadSummary& run);

// How the headline level was measured, its status codes and its server.
std::string RunFacts(const BenchReport& report);

// Level by level, the figures of both servers and their ratios.
std::string ComparisonTable(const BenchReport& report);

std::string ProvenanceFacts(const Provenance& provenance);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_REPORT_TABLES_H_
