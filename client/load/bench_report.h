// Everything that a benchmark found out.

#ifndef STROBE_CLIENT_LOAD_BENCH_REPORT_H_
#define STROBE_CLIENT_LOAD_BENCH_REPORT_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "client/load/load_summary.h"
#include "client/load/pixel_check.h"
#include "client/load/server_metrics.h"
#include "workload/latency_statistics.h"

namespace strobe::client {

// A request as a dot in a plot over time.
struct TimelinePoint {
  double time = 0;     // seconds since the start of the run: its intended time
  double latency = 0;  // seconds
  bool ok = false;
  bool counts = false;  // not warm-up
};

// At most `most` of the requests of `run`, evenly spread.
std::vector<TimelinePoint> MakeTimeline(const LoadRun& run, size_t most);

// One load, run once or several times.
struct LevelResult {
  LoadKind kind = LoadKind::kConcurrency;
  double load = 0;                      // as LoadSummary::load
  std::vector<LoadSummary> runs;        // never empty
  std::vector<TimelinePoint> timeline;  // of the last run
  PixelCheckResult pixels;              // of all runs
  std::optional<ServerUsage> usage;     // of the last run; none: not asked for, or no answer
  std::optional<bool> meets_threshold;  // none: there is no threshold

  const LoadSummary& last() const { return runs.back(); }
  bool is_void() const;
};

// Figures of a level over its runs, by name.
std::vector<std::pair<std::string, workload::RepeatedFigure>> RepeatedFigures(
    const LevelResult& level);

// What makes a benchmark comparable with another one.
struct Provenance {
  std::string started;  // RFC 3339
  std::string command;  // the command line
  std::string client_version;
  std::string host;                           // processors and system of the client's machine
  std::string address;                        // of the server
  std::map<std::string, std::string> server;  // strobe_build_info; empty: no metrics
  std::vector<std::string> models;            // a line each
  uint64_t seed = 0;
};

struct BenchReport {
  Provenance provenance;
  std::vector<LevelResult> levels;  // in the order of the runs
  double percentile = 99;
  absl::Duration threshold = absl::InfiniteDuration();  // infinite: none
  bool searched = false;                                // by bisection
  std::optional<double> highest_load;                   // that meets the threshold
  std::vector<std::string> failed_conditions;           // of --fail-if, with what was found

  bool is_void() const;
  // The level that the report is about: the highest that meets the threshold, else the last.
  const LevelResult& headline() const;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_BENCH_REPORT_H_
