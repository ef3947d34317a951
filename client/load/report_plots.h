// The plots of a benchmark's report.

#ifndef STROBE_CLIENT_LOAD_REPORT_PLOTS_H_
#define STROBE_CLIENT_LOAD_REPORT_PLOTS_H_

#include <string>

#include "client/load/bench_report.h"

namespace strobe::client {

// Each returns an <svg> element, or nothing where there is nothing to show.

// Latency of one run by percentile, on a nines axis; `threshold` in seconds, infinite: none.
std::string LatencyPlot(const LoadSummary& run, double threshold);

// Latency at p50, p99 and the report's percentile by load, and rates by load; for several levels.
std::string LatencyByLoadPlot(const BenchReport& report);
std::string GoodputByLoadPlot(const BenchReport& report);

// How many batches of each size the run's images rode in, by stage.
std::string BatchPlot(const LoadSummary& run);

// Mean time in each stage, one bar a level, on top of each other.
std::string StagePlot(const BenchReport& report);

// Every request at its intended time, by latency.
std::string TimelinePlot(const LevelResult& level, double threshold);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_REPORT_PLOTS_H_
