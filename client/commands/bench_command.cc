#include "client/commands/bench_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "client/call_error.h"
#include "client/channel.h"
#include "client/commands/bench_provenance.h"
#include "client/commands/command_failure.h"
#include "client/load/html_report.h"
#include "client/load/latency_histogram.h"
#include "client/load/report_lines.h"
#include "client/load/summary_json.h"
#include "client/load/summary_text.h"

namespace strobe::client {
namespace {

constexpr char kClearLine[] = "\r\x1b[2K";

std::string ProgressLine(const LoadPlan& plan, const LoadProgress& progress, double load) {
  const std::string trials =
      plan.request_count > 0
          ? absl::StrFormat("%d of %d", progress.ended, plan.request_count + plan.warmup_requests)
          : absl::StrFormat("window %d of at most %d", progress.trials + 1,
                            plan.windows.max_trials);
  return absl::StrFormat("%s: %.1f s, %s, %d sent, %d ended, %d in flight, %d failed",
                         LevelName(plan.kind, load), absl::ToDoubleSeconds(progress.elapsed),
                         progress.draining ? "draining" : trials, progress.sent, progress.ended,
                         progress.in_flight, progress.failed);
}

SessionObserver Observe(const BenchOptions& options, bool several, CommandContext& context) {
  SessionObserver observer;
  if (context.err_is_terminal) {
    observer.progress = [&context](const LevelResult* level, const LoadPlan& plan,
                                   const LoadProgress& progress) {
      context.err << kClearLine << ProgressLine(plan, progress, level->load) << std::flush;
    };
  }
  observer.level_done = [&options, &context, several](const LevelResult& level) {
    const LoadSummary& run = level.last();
    if (context.err_is_terminal) context.err << kClearLine;
    if (options.json || !several) return;
    context.err << absl::StrFormat("%s: %.1f requests/s, p99 %s, %.2f %% errors%s%s\n",
                                   LevelName(level.kind, level.load), run.completed_rate,
                                   FormatSeconds(run.all.latency.at(0.99)), run.error_share * 100,
                                   !level.meets_threshold.has_value() ? ""
                                   : *level.meets_threshold           ? ", meets the threshold"
                                                            : ", does not meet the threshold",
                                   level.is_void() ? ", VOID" : "");
  };
  return observer;
}

// Conditions are about the loads that were asked for; of a search, about the one it found.
void CheckConditions(const BenchOptions& options, BenchReport& report) {
  std::vector<const LevelResult*> levels;
  for (const LevelResult& level : report.levels) levels.push_back(&level);
  if (report.searched) levels = {&report.headline()};
  for (const FailCondition& condition : options.fail_if) {
    for (const LevelResult* level : levels) {
      for (const LoadSummary& run : level->runs) {
        if (!Holds(condition, run, level->pixels)) continue;
        report.failed_conditions.push_back(absl::StrFormat(
            "%s holds at %s: %.6g", condition.text, LevelName(level->kind, level->load),
            FigureOf(condition, run, level->pixels)));
      }
    }
  }
}

bool WriteReport(const std::string& path, const std::string& text, CommandContext& context) {
  const absl::Status written = WriteFile(path, text);
  if (!written.ok()) context.err << "strobe-client: cannot write " << written.message() << "\n";
  return written.ok();
}

void Print(const BenchOptions& options, const BenchReport& report, CommandContext& context) {
  if (options.json) {
    context.out << SummaryAsJson(report) << std::flush;
    return;
  }
  if (report.levels.size() > 1) context.out << LevelsAsTable(report) << "\n";
  context.out << LevelAsText(report.headline(), report.percentile);
  if (!report.compared.empty()) {
    context.out << "compared with " << options.compare_address << "\n" << ComparisonAsText(report);
  }
  if (report.searched) {
    context.out << (report.highest_load.has_value()
                        ? absl::StrCat("highest load that meets the threshold: ",
                                       LevelName(report.headline().kind, *report.highest_load))
                        : "no load that was tried meets the threshold")
                << "\n";
  }
  for (const std::string& condition : report.failed_conditions) {
    context.out << "FAILED: " << condition << "\n";
  }
  if (!options.output.empty()) {
    context.out << "report: " << options.output << "/report.html\n";
  }
  context.out << std::flush;
}

grpc::StatusCode MostFrequentError(const BenchReport& report) {
  std::string most;
  uint64_t count = 0;
  for (const auto& [code, number] : report.headline().last().status_codes) {
    if (number > count) most = code;
    count = std::max(count, number);
  }
  for (int code = 1; code <= grpc::StatusCode::UNAUTHENTICATED; ++code) {
    if (StatusCodeName(static_cast<grpc::StatusCode>(code)) == most) {
      return static_cast<grpc::StatusCode>(code);
    }
  }
  return grpc::StatusCode::UNKNOWN;
}

ExitCode Judge(const BenchReport& report, const CommandContext& context) {
  if (context.canceller.cancelled()) return kExitInterrupted;
  const bool any_ok = std::any_of(report.levels.begin(), report.levels.end(),
                                  [](const LevelResult& level) { return level.last().all.ok > 0; });
  if (!any_ok) return ExitCodeFor(MostFrequentError(report));
  if (report.is_void()) return kExitVoid;
  return report.failed_conditions.empty() ? kExitOk : kExitConditionHolds;
}

// The servers and how to reach them.
absl::StatusOr<std::vector<BenchTarget>> Connect(const BenchOptions& options, StrobeClient& first,
                                                 std::unique_ptr<StrobeClient>& second) {
  std::vector<BenchTarget> targets;
  const auto add = [&](const ConnectionOptions& connection, StrobeClient& client,
                       const std::vector<std::string>& metrics_urls) {
    STROBE_ASSIGN_OR_RETURN(auto channels, MakeLoadChannels(connection, options.channels));
    targets.push_back({connection.address, std::move(channels), &client, metrics_urls});
    return absl::OkStatus();
  };
  STROBE_RETURN_IF_ERROR(add(options.connection, first, options.metrics_urls));
  if (options.compare_address.empty()) return targets;
  ConnectionOptions other = options.connection;
  other.address = options.compare_address;
  STROBE_ASSIGN_OR_RETURN(second, StrobeClient::Connect(other));
  STROBE_RETURN_IF_ERROR(add(other, *second, options.compare_metrics_urls));
  return targets;
}

// Opens requests.csv in the directory for the results, which it makes.
bool OpenCsv(const BenchOptions& options, std::ofstream& csv, CommandContext& context) {
  if (options.output.empty()) return true;
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  csv.open(options.output + "/requests.csv", std::ios::binary | std::ios::trunc);
  if (csv) return true;
  context.err << "strobe-client: cannot write into " << options.output << "\n";
  return false;
}

bool WriteFiles(const BenchOptions& options, const BenchReport& report, std::ofstream& csv,
                CommandContext& context) {
  if (options.output.empty()) return true;
  const auto write = [&](const char* name, const std::string& text) {
    return WriteReport(absl::StrCat(options.output, "/", name), text, context);
  };
  csv.flush();
  bool written = csv.good() && write("summary.json", SummaryAsJson(report)) &&
                 write("report.html", HtmlReport(report)) &&
                 write("hist.hgrm", PercentilesAsHgrm(LatenciesOf(report.headline())));
  if (const LevelResult* compared = report.compared_headline(); compared != nullptr) {
    written = written && write("hist-compared.hgrm", PercentilesAsHgrm(LatenciesOf(*compared)));
  }
  return written;
}

ExitCode RunWorkload(const BenchOptions& options, const workload::Workload& workload,
                     const std::vector<BenchTarget>& targets, const std::string& authorization,
                     CommandContext& context) {
  Provenance provenance;
  const grpc::Status status = FindProvenance(options, targets, context, provenance);
  if (!status.ok()) return ReportFailure(status, context);
  std::ofstream csv;
  if (!OpenCsv(options, csv, context)) return kExitFailed;
  SessionOptions session_options = MakeSessionOptions(options, workload);
  session_options.plan.authorization = authorization;
  const bool several = session_options.range.end > session_options.range.start;
  const SessionObserver observer = Observe(options, several, context);
  BenchReport report = BenchSession(session_options, workload, targets, context.canceller, observer,
                                    csv.is_open() ? &csv : nullptr)
                           .Run();
  report.provenance = std::move(provenance);
  CheckConditions(options, report);
  Print(options, report, context);
  if (!WriteFiles(options, report, csv, context)) return kExitFailed;
  return Judge(report, context);
}

}  // namespace

ExitCode RunBench(const BenchOptions& options, CommandContext& context) {
  const auto misuse = [&](absl::string_view problem, absl::string_view hint = "") {
    context.err << "strobe-client: " << problem << hint << "\n";
    return kExitUsage;
  };
  constexpr char kSeeHelp[] = " (see strobe-client bench --help)";
  if (const std::string problem = UsageProblem(options); !problem.empty()) {
    return misuse(problem, kSeeHelp);
  }
  const auto workload = LoadWorkload(options);
  if (!workload.ok()) return misuse(workload.status().message(), kSeeHelp);
  std::unique_ptr<StrobeClient> second;
  const auto targets = Connect(options, context.client, second);
  if (!targets.ok()) return misuse(targets.status().message());
  const auto authorization = ReadAuthorization(options.connection);
  if (!authorization.ok()) return misuse(authorization.status().message());
  return RunWorkload(options, *workload, *targets, *authorization, context);
}

}  // namespace strobe::client
