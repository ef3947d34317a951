#include "client/commands/bench_command.h"

#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/call_error.h"
#include "client/channel.h"
#include "client/commands/command_failure.h"
#include "client/load/html_report.h"
#include "client/load/server_metrics.h"
#include "client/load/summary_json.h"
#include "client/load/summary_text.h"

namespace strobe::client {
namespace {

constexpr absl::Duration kListDeadline = absl::Seconds(10);
constexpr char kClearLine[] = "\r\x1b[2K";

// "16 processors, Linux 6.1.0".
std::string DescribeHost() {
  utsname system = {};
  uname(&system);
  return absl::StrCat(std::thread::hardware_concurrency(), " processors, ", system.sysname, " ",
                      system.release, " ", system.machine);
}

std::string DescribeModel(const v1::Model& model) {
  return absl::StrFormat("%s (%s), %dx%d, %d steps unless asked for", model.name(),
                         model.pipeline_class(), model.default_width(), model.default_height(),
                         model.default_num_inference_steps());
}

// Who was measured by whom. Asks the server, which shows at once whether there is one.
grpc::Status Identify(const BenchOptions& options, CommandContext& context,
                      Provenance& provenance) {
  v1::ListModelsResponse models;
  CallOptions call;
  call.deadline = kListDeadline;
  call.canceller = &context.canceller;
  grpc::Status status = context.client.ListModels(call, &models);
  provenance.started = absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
  provenance.command = options.command_line;
  provenance.client_version = STROBE_VERSION;
  provenance.host = DescribeHost();
  provenance.address = options.connection.address;
  provenance.seed = options.seed;
  for (const v1::Model& model : models.models()) {
    provenance.models.push_back(DescribeModel(model));
  }
  if (!options.metrics_url.empty()) {
    const auto metrics = ScrapeMetrics(options.metrics_url);
    if (metrics.ok()) {
      provenance.server = UsageBetween(*metrics, *metrics, absl::ZeroDuration()).build;
    } else {
      context.err << "strobe-client: " << metrics.status().message() << "\n";
    }
  }
  return status;
}

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

bool WriteFile(const std::string& path, const std::string& text, CommandContext& context) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (file << text << std::flush) return true;
  context.err << "strobe-client: cannot write " << path << "\n";
  return false;
}

void Print(const BenchOptions& options, const BenchReport& report, CommandContext& context) {
  if (options.json) {
    context.out << SummaryAsJson(report) << std::flush;
    return;
  }
  if (report.levels.size() > 1) context.out << LevelsAsTable(report) << "\n";
  context.out << LevelAsText(report.headline(), report.percentile);
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

}  // namespace

ExitCode RunBench(const BenchOptions& options, CommandContext& context) {
  const std::string problem = UsageProblem(options);
  const auto workload = LoadWorkload(options);
  if (!problem.empty() || !workload.ok()) {
    context.err << "strobe-client: " << (problem.empty() ? workload.status().message() : problem)
                << " (see strobe-client bench --help)\n";
    return kExitUsage;
  }
  Provenance provenance;
  const grpc::Status status = Identify(options, context, provenance);
  if (!status.ok()) return ReportFailure(status, context);

  std::ofstream csv;
  if (!options.output.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.output, error);
    csv.open(options.output + "/requests.csv", std::ios::binary | std::ios::trunc);
    if (!csv) {
      context.err << "strobe-client: cannot write into " << options.output << "\n";
      return kExitFailed;
    }
  }
  SessionOptions session_options = MakeSessionOptions(options, *workload);
  const auto channels = MakeLoadChannels(options.connection, options.channels);
  auto authorization = ReadAuthorization(options.connection);
  if (!channels.ok() || !authorization.ok()) {
    const absl::Status& why = channels.ok() ? authorization.status() : channels.status();
    context.err << "strobe-client: " << why.message() << "\n";
    return kExitUsage;
  }
  session_options.plan.authorization = *std::move(authorization);
  const bool several = session_options.range.end > session_options.range.start;
  const SessionObserver observer = Observe(options, several, context);
  BenchReport report = BenchSession(session_options, *workload, *channels, context.client,
                                    context.canceller, observer, csv.is_open() ? &csv : nullptr)
                           .Run();
  report.provenance = std::move(provenance);
  CheckConditions(options, report);
  Print(options, report, context);
  if (!options.output.empty()) {
    csv.flush();
    const bool written =
        csv.good() && WriteFile(options.output + "/summary.json", SummaryAsJson(report), context) &&
        WriteFile(options.output + "/report.html", HtmlReport(report), context);
    if (!written) return kExitFailed;
  }
  return Judge(report, context);
}

}  // namespace strobe::client
