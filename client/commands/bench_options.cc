#include "client/commands/bench_options.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/spec/image_format.h"
#include "workload/workload_file.h"

namespace strobe::client {
namespace {

constexpr double kMostLoads = 1e9;  // of a range; a search needs 30 of them
constexpr double kMostCallers = 1e5;

absl::StatusOr<workload::Workload> ParseFile(
    const std::string& path, absl::StatusOr<workload::Workload> (*parse)(absl::string_view)) {
  STROBE_ASSIGN_OR_RETURN(const auto text, ReadFile(path));
  auto workload = parse(text);
  if (!workload.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", workload.status().message()));
  }
  return workload;
}

bool IsLossless(const workload::RequestClass& kind) {
  return !model::TraitsOf(model::ParseImageFormat(kind.format).value()).has_quality;
}

LoadKind KindOf(const BenchOptions& options) {
  if (!options.trace.empty()) return LoadKind::kTrace;
  if (options.offline) return LoadKind::kOffline;
  return options.request_rate_range.has_value() ? LoadKind::kRate : LoadKind::kConcurrency;
}

}  // namespace

absl::StatusOr<LoadRange> ParseLoadRange(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  LoadRange range;
  double* const fields[] = {&range.start, &range.end, &range.step};
  bool valid = parts.size() <= 3;
  for (size_t i = 0; i < parts.size() && valid; ++i) {
    valid = absl::SimpleAtod(parts[i], fields[i]) && *fields[i] > 0 && *fields[i] <= 1e9;
  }
  if (parts.size() == 1) range.end = range.start;
  if (!valid || range.end < range.start) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no range: write 16, 1:16 or 1:16:5, all above 0"));
  }
  if ((range.end - range.start) / range.step > kMostLoads) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' has too many loads"));
  }
  return range;
}

std::string UsageProblem(const BenchOptions& options) {
  const int loads = options.concurrency_range.has_value() + options.request_rate_range.has_value() +
                    options.offline + !options.trace.empty();
  if (loads > 1) {
    return "only one of --concurrency-range, --request-rate-range, --offline and --trace is "
           "possible";
  }
  if (options.concurrency_range.has_value()) {
    for (const double callers : {options.concurrency_range->start, options.concurrency_range->end,
                                 options.concurrency_range->step}) {
      if (callers != static_cast<int>(callers) || callers > kMostCallers) {
        return "--concurrency-range: callers are whole, at most 100000";
      }
    }
  }
  if (options.offline && options.request_count == 0) return "--offline needs --request-count";
  if (!options.trace.empty() && !options.workload.empty()) {
    return "--trace says what its requests ask for; --workload is not possible beside it";
  }
  if (options.binary_search && options.latency_threshold == absl::InfiniteDuration()) {
    return "--binary-search needs --latency-threshold";
  }
  if (options.binary_search && loads == 0) {
    return "--binary-search needs --concurrency-range or --request-rate-range";
  }
  if (options.binary_search && (options.offline || !options.trace.empty())) {
    return "--binary-search is not possible with --offline or --trace";
  }
  if (options.compare_address.empty() && !options.compare_metrics_urls.empty()) {
    return "--compare-metrics-url needs --compare-address";
  }
  if (!options.compare_address.empty() && (options.repeats < 2 || options.binary_search)) {
    return "--compare-address needs --repeats of at least 2, and no --binary-search";
  }
  if (options.windows.interval <= absl::ZeroDuration()) {
    return "--measurement-interval must be above 0";
  }
  return "";
}

absl::StatusOr<workload::Workload> LoadWorkload(const BenchOptions& options) {
  if (!options.trace.empty()) return ParseFile(options.trace, &workload::ParseTrace);
  std::vector<workload::RequestClass> classes = {options.request};
  if (classes[0].prompts.empty()) classes[0].prompts = workload::ShapePrompts();
  if (!options.workload.empty()) {
    STROBE_ASSIGN_OR_RETURN(const workload::Workload workload,
                            ParseFile(options.workload, &workload::ParseWorkload));
    classes = workload.classes();
  }
  for (workload::RequestClass& each : classes) {
    // What has no objective of its own is held to the threshold.
    if (each.slo == absl::InfiniteDuration()) each.slo = options.latency_threshold;
  }
  return workload::Workload(std::move(classes));
}

SessionOptions MakeSessionOptions(const BenchOptions& options, const workload::Workload& workload) {
  SessionOptions session;
  LoadPlan& plan = session.plan;
  plan.kind = KindOf(options);
  plan.arrivals.process = options.distribution;
  plan.arrivals.smoothness = options.arrival_smoothness;
  plan.arrivals.seed = options.seed;
  plan.seed = options.seed;
  plan.windows = options.windows;
  plan.request_count = options.request_count;
  plan.max_attempts = options.max_attempts;
  const bool counted = plan.kind == LoadKind::kOffline || plan.kind == LoadKind::kTrace;
  plan.warmup_requests = counted ? 0 : options.warmup_request_count;
  if (plan.kind == LoadKind::kTrace) plan.request_count = workload.trace().size();
  if (std::all_of(workload.classes().begin(), workload.classes().end(), IsLossless)) {
    plan.kept_share = options.pixel_check;
    plan.max_kept = options.pixel_check_limit;
  }
  session.range =
      options.request_rate_range.value_or(options.concurrency_range.value_or(LoadRange{}));
  session.binary_search = options.binary_search;
  session.repeats = options.repeats;
  session.percentile = options.windows.percentile;
  session.threshold = options.latency_threshold;
  return session;
}

}  // namespace strobe::client
