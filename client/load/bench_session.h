// Runs one load after the other: a single one, a range, or a search for the highest that is good
// enough.

#ifndef STROBE_CLIENT_LOAD_BENCH_SESSION_H_
#define STROBE_CLIENT_LOAD_BENCH_SESSION_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/canceller.h"
#include "client/load/bench_report.h"
#include "client/load/load_plan.h"
#include "client/load/load_runner.h"
#include "client/strobe_client.h"
#include "workload/workload.h"

namespace strobe::client {

// The loads to run, in the unit of their kind.
struct LoadRange {
  double start = 1;
  double end = 1;
  double step = 1;  // above 0; what a search resolves
};

// A server under load.
struct BenchTarget {
  std::string address;  // for the records
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  StrobeClient* client = nullptr;  // for the pixel check; must outlive the session
  // Of the server first, then of exporters that tell of its machine; empty: not asked.
  std::vector<std::string> metrics_urls;
};

struct SessionOptions {
  LoadPlan plan;  // of every run, but for its load
  LoadRange range;
  bool binary_search = false;  // over `range`
  int repeats = 1;             // runs of each load; a search makes one of each
  double percentile = 99;
  absl::Duration threshold = absl::InfiniteDuration();  // of the latency at the percentile
};

// A load meets the threshold when the latency at the percentile, with failed requests as infinitely
// late, does not exceed it, and at most this share of the requests fails.
inline constexpr double kMaxErrorShare = 0.001;

// A found load must meet the threshold this often again.
inline constexpr int kConfirmations = 3;

// What a session tells while it runs. May be empty.
struct SessionObserver {
  std::function<void(const LevelResult* level, const LoadPlan& plan, const LoadProgress&)> progress;
  std::function<void(const LevelResult&)> level_done;
};

// Runs everything from the calling thread, one run at a time; a run begins when all replies of the
// one before are in. Of two targets, A and B, each load is run on A, B, B, A, A, B and so on, two
// neighbours with the same schedule: what drifts with time then weighs on both alike. Stops early,
// with what it has, when the canceller is cancelled. One use.
class BenchSession {
 public:
  // One target, or two; a search is of one. All arguments must outlive the session. Requests are
  // written to `csv` as runs end; null: not.
  BenchSession(const SessionOptions& options, const workload::Workload& workload,
               const std::vector<BenchTarget>& targets, Canceller& canceller,
               const SessionObserver& observer, std::ostream* csv);

  // Fills in all but the provenance and the failed conditions.
  BenchReport Run();

 private:
  void Sweep(BenchReport& report);
  void Search(BenchReport& report);
  // Adds the level to the report.
  const LevelResult& RunLevel(double load, int repeats, BenchReport& report);
  void RunOnce(const BenchTarget& target, const LoadPlan& plan, int repeat, LevelResult& level);
  bool MeetsThreshold(const LevelResult& level) const;

  const SessionOptions& options_;
  const workload::Workload& workload_;
  const std::vector<BenchTarget>& targets_;
  Canceller& canceller_;
  const SessionObserver& observer_;
  std::ostream* const csv_;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_BENCH_SESSION_H_
