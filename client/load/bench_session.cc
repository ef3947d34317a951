#include "client/load/bench_session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/load/requests_csv.h"
#include "workload/rate_search.h"

namespace strobe::client {
namespace {

constexpr size_t kTimelinePoints = 4000;

// `plan` at `load`.
LoadPlan AtLoad(LoadPlan plan, double load) {
  plan.concurrency = plan.kind == LoadKind::kConcurrency ? static_cast<int>(std::lround(load)) : 0;
  if (plan.kind == LoadKind::kRate) plan.arrivals.rate = load;
  return plan;
}

void Add(const PixelCheckResult& more, PixelCheckResult& sum) {
  sum.checked += more.checked;
  sum.identical += more.identical;
  sum.mismatched += more.mismatched;
  sum.skipped += more.skipped;
  sum.repeated += more.repeated;
  sum.unrepeatable += more.unrepeatable;
  sum.worst.largest = std::max(sum.worst.largest, more.worst.largest);
  sum.worst.share = std::max(sum.worst.share, more.worst.share);
  if (sum.first_problem.empty()) sum.first_problem = more.first_problem;
}

}  // namespace

BenchSession::BenchSession(const SessionOptions& options, const workload::Workload& workload,
                           const std::vector<BenchTarget>& targets, Canceller& canceller,
                           const SessionObserver& observer, std::ostream* csv)
    : options_(options),
      workload_(workload),
      targets_(targets),
      canceller_(canceller),
      observer_(observer),
      csv_(csv) {}

BenchReport BenchSession::Run() {
  BenchReport report;
  report.percentile = options_.percentile;
  report.threshold = options_.threshold;
  if (csv_ != nullptr) WriteCsvHeader(*csv_);
  if (options_.binary_search) {
    Search(report);
  } else {
    Sweep(report);
  }
  return report;
}

void BenchSession::Sweep(BenchReport& report) {
  const bool ladder =
      options_.plan.kind == LoadKind::kConcurrency || options_.plan.kind == LoadKind::kRate;
  // By number, so that rounding does not add up.
  for (int i = 0;; ++i) {
    const double load = options_.range.start + i * options_.range.step;
    if (i > 0 && (!ladder || load > options_.range.end * (1 + 1e-9))) break;
    const LevelResult& level = RunLevel(load, options_.repeats, report);
    if (canceller_.cancelled()) return;
    if (level.meets_threshold.value_or(false)) report.highest_load = load;
  }
}

void BenchSession::Search(BenchReport& report) {
  report.searched = true;
  workload::RateSearch search(options_.range.start, options_.range.end, options_.range.step,
                              kConfirmations);
  while (const std::optional<double> next = search.Next()) {
    const LevelResult& level = RunLevel(*next, /*repeats=*/1, report);
    if (canceller_.cancelled()) return;
    search.Report(*level.meets_threshold);
  }
  report.highest_load = search.result();
}

const LevelResult& BenchSession::RunLevel(double load, int repeats, BenchReport& report) {
  std::vector<LevelResult> results(targets_.size());
  for (LevelResult& level : results) {
    level.kind = options_.plan.kind;
    level.load = load;
  }
  for (int repeat = 0; repeat < repeats && (repeat == 0 || !canceller_.cancelled()); ++repeat) {
    LoadPlan plan = AtLoad(options_.plan, load);
    // Other arrivals and other requests in each run, the same ones in each session.
    plan.seed += repeat;
    plan.arrivals.seed += repeat;
    for (size_t i = 0; i < targets_.size(); ++i) {
      const size_t target = repeat % 2 == 0 ? i : targets_.size() - 1 - i;
      RunOnce(targets_[target], plan, repeat, results[target]);
    }
  }
  for (LevelResult& level : results) {
    level.load = level.last().load;
    if (options_.threshold != absl::InfiniteDuration()) {
      level.meets_threshold = MeetsThreshold(level);
    }
    if (observer_.level_done) observer_.level_done(level);
  }
  if (results.size() > 1) report.compared.push_back(std::move(results.back()));
  return report.levels.emplace_back(std::move(results.front()));
}

void BenchSession::RunOnce(const BenchTarget& target, const LoadPlan& plan, int repeat,
                           LevelResult& level) {
  absl::StatusOr<MetricsSnapshot> before = absl::UnknownError("not asked");
  if (!target.metrics_urls.empty()) before = ScrapeMetrics(target.metrics_urls);
  const Stopwatch stopwatch;
  LoadRunner runner(target.channels, workload_, plan, canceller_);
  const LoadRun run = runner.Run([&](const LoadProgress& progress) {
    if (observer_.progress) observer_.progress(&level, plan, progress);
  });
  if (before.ok()) {
    const auto after = ScrapeMetrics(target.metrics_urls);
    const absl::Duration elapsed = stopwatch.Elapsed();
    if (after.ok()) level.usage = UsageBetween(*before, *after, elapsed);
    if (after.ok()) level.devices = DevicesBetween(*before, *after, elapsed);
  }
  level.runs.push_back(Summarize(run, workload_, options_.percentile));
  level.timeline = MakeTimeline(run, kTimelinePoints);
  if (csv_ != nullptr) {
    WriteCsv(run, workload_, {target.address, level.last().load, repeat}, *csv_);
  }
  Add(CheckPixels(*target.client, canceller_, workload_, run.kept), level.pixels);
}

bool BenchSession::MeetsThreshold(const LevelResult& level) const {
  return std::all_of(level.runs.begin(), level.runs.end(), [&](const LoadSummary& run) {
    return run.threshold_latency <= absl::ToDoubleSeconds(options_.threshold) &&
           run.error_share <= kMaxErrorShare;
  });
}

}  // namespace strobe::client
