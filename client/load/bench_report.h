// Everything that a benchmark found out.

#ifndef STROBE_CLIENT_LOAD_BENCH_REPORT_H_
#define STROBE_CLIENT_LOAD_BENCH_REPORT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "client/load/device_metrics.h"
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
  DeviceUsage devices;                  // of the last run; empty: no exporter tells
  std::optional<bool> meets_threshold;  // none: there is no threshold

  const LoadSummary& last() const { return runs.back(); }
  // Joules; 0: not known.
  double energy_per_image() const;
  bool is_void() const;
};

using NamedFigures = std::vector<std::pair<std::string, workload::RepeatedFigure>>;

// Figures of a level over its runs, by name.
NamedFigures RepeatedFigures(const LevelResult& level);

// The same figures as ratios of `other` to `base`, from the pairs of their runs, each of one
// schedule; figures that have no ratio (nothing was answered) have no runs.
NamedFigures RatioFigures(const LevelResult& other, const LevelResult& base);

// Of all runs, ascending seconds.
std::vector<double> LatenciesOf(const LevelResult& level);

// What the measured server says of itself.
struct ServerProvenance {
  std::string address;
  ServerFactsByName facts;          // empty: no metrics
  std::vector<std::string> models;  // a line each
};

// What makes a benchmark comparable with another one.
struct Provenance {
  std::string started;  // RFC 3339
  std::string command;  // the command line
  std::string client_version;
  std::string host;  // processors and system of the client's machine
  uint64_t seed = 0;
  std::vector<ServerProvenance> servers;  // the one measured, and the one it is compared with
};

struct BenchReport {
  Provenance provenance;
  std::vector<LevelResult> levels;  // in the order of the runs
  // Of the server that is compared with, level by level; empty: with none.
  std::vector<LevelResult> compared;
  double percentile = 99;
  absl::Duration threshold = absl::InfiniteDuration();  // infinite: none
  bool searched = false;                                // by bisection
  std::optional<double> highest_load;                   // that meets the threshold
  std::vector<std::string> failed_conditions;           // of --fail-if, with what was found

  bool is_void() const;
  // The level that the report is about: the highest that meets the threshold, else the last.
  const LevelResult& headline() const;
  // The same level of the server compared with; null: none.
  const LevelResult* compared_headline() const;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_BENCH_REPORT_H_
