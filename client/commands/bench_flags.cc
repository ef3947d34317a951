#include "client/commands/bench_flags.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/commands/common_flags.h"
#include "client/commands/exit_codes.h"
#include "workload/workload_file.h"

namespace strobe::client {
namespace {

constexpr char kBenchExamples[] =
    "Examples:\n"
    "  strobe-client bench --concurrency-range 1:16:5\n"
    "  strobe-client bench --request-rate-range 40 --request-distribution poisson --steps 1,2,3 "
    "--slo 250ms\n"
    "  strobe-client bench --request-rate-range 10:200:5 --binary-search --latency-threshold "
    "250ms\n"
    "  strobe-client bench --workload mix.json --request-rate-range 40 --fail-if 'p99>200ms'\n"
    "  strobe-client bench --address old:50051 --compare-address new:50051 --repeats 6 "
    "--concurrency-range 8\n"
    "\n"
    "Latency counts from the intended send time, not from when this client got round to it. A run "
    "in\n"
    "which it lags by more than 1 % of the median latency (at p99) is void. Writes summary.json,\n"
    "requests.csv, hist.hgrm (for HdrHistogram's plotter) and report.html; existing ones are "
    "replaced.";

constexpr uint64_t kMostRequests = 1'000'000'000;

// Groups of the help.
constexpr char kLoad[] = "Load (default: one caller)";
constexpr char kRequests[] = "Requests (default: the model's, with 240 different prompts)";
constexpr char kMeasurement[] = "Measurement";

// A flag whose text `parse` turns into a value.
template <typename Value, typename Parse>
CLI::Option* AddParsed(CLI::App& app, const std::string& name, const std::string& help,
                       Value& value, Parse parse) {
  return app.add_option_function<std::string>(
      name,
      [&value, name, parse](const std::string& text) {
        auto parsed = parse(text);
        if (!parsed.ok()) {
          throw CLI::ValidationError(name, std::string(parsed.status().message()));
        }
        value = *std::move(parsed);
      },
      help);
}

void AddLoadFlags(CLI::App& command, BenchOptions& options) {
  AddParsed(command, "--concurrency-range",
            "Closed loop: callers, each with one request after the other; 16 or 1:16:5",
            options.concurrency_range, ParseLoadRange)
      ->type_name("START[:END[:STEP]]")
      ->group(kLoad);
  AddParsed(command, "--request-rate-range",
            "Open loop: requests a second, sent on schedule however late replies are",
            options.request_rate_range, ParseLoadRange)
      ->type_name("START[:END[:STEP]]")
      ->group(kLoad);
  command.add_flag("--offline", options.offline, "--request-count requests, all at once")
      ->group(kLoad);
  command.add_option("--trace", options.trace, "Replay the requests of this file (JSON lines)")
      ->type_name("FILE")
      ->group(kLoad);
  AddParsed(command, "--request-distribution",
            "Gaps of an open loop: constant, poisson or gamma; default: poisson",
            options.distribution, workload::ParseArrivalProcess)
      ->type_name("NAME")
      ->group(kLoad);
  command
      .add_option("--arrival-smoothness", options.arrival_smoothness,
                  "Shape of gamma gaps: 1 is Poisson, below it is burstier")
      ->check(Between(0.001, 1e6))
      ->capture_default_str()
      ->group(kLoad);
  command.add_option("--seed", options.seed, "Of the schedule and of what is asked for")
      ->capture_default_str()
      ->group(kLoad);
}

void AddSendingFlags(CLI::App& command, BenchOptions& options) {
  command
      .add_option(
          "--max-attempts", options.max_attempts,
          "Times that a refused request is sent, the server's retry delay apart; 1: a refusal "
          "is a result")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->group(kLoad);
  command.add_option("--channels", options.channels, "Connections to the server")
      ->check(CLI::Range(1, 256))
      ->capture_default_str()
      ->group(kLoad);
}

void AddRequestFlags(CLI::App& command, BenchOptions& options) {
  workload::RequestClass& request = options.request;
  command.add_option("--workload", options.workload, "Mixed requests, from this JSON file")
      ->type_name("FILE")
      ->group(kRequests);
  command.add_option("--prompt", request.prompts, "Prompts to draw from; repeat it")
      ->allow_extra_args(false)
      ->group(kRequests);
  command.add_option("--model", request.model, "Model; default: the server's first")
      ->group(kRequests);
  command.add_option("--steps", request.steps, "Denoising steps to draw from: 1,2,3")
      ->delimiter(',')
      ->group(kRequests);
  AddParsed(command, "--size", "Pixels, 128x96 or 128", request.sizes,
            [](const std::string& text) -> absl::StatusOr<std::vector<workload::ImageSize>> {
              STROBE_ASSIGN_OR_RETURN(const auto size, workload::ParseImageSize(text));
              return std::vector<workload::ImageSize>{size};
            })
      ->type_name("WxH")
      ->group(kRequests);
  command.add_option("--num-images", request.num_images, "Images a request")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str()
      ->group(kRequests);
  command.add_option("--partial-images", request.partial_images, "Partial images an image")
      ->check(CLI::Range(0, 1024))
      ->group(kRequests);
  command.add_option("--format", request.format, "Encoding of the images")
      ->check(CLI::IsMember({"png", "jpeg", "webp", "raw"}))
      ->capture_default_str()
      ->group(kRequests);
}

void AddObjectiveFlags(CLI::App& command, workload::RequestClass& request) {
  AddDurationFlag(command, "--deadline", request.deadline, "gRPC deadline of each request")
      ->group(kRequests);
  command
      .add_flag("--best-effort", request.best_effort,
                "At the deadline, take the best finished step instead of failing")
      ->group(kRequests);
  AddDurationFlag(command, "--slo", request.slo,
                  "Latency that counts as good; default: the latency threshold, or the deadline")
      ->group(kRequests);
}

void AddMeasurementFlags(CLI::App& command, BenchOptions& options) {
  AddDurationFlag(command, "--measurement-interval", options.windows.interval,
                  "Length of a window; default: 5s")
      ->group(kMeasurement);
  command.add_option("--max-trials", options.windows.max_trials, "Windows at most")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group(kMeasurement);
  command
      .add_option("--stability-percentage", options.windows.stability_percentage,
                  "The last three windows must agree within it; they are what counts")
      ->check(Between(0.1, 100))
      ->capture_default_str()
      ->group(kMeasurement);
  command
      .add_option("--percentile", options.windows.percentile,
                  "Latency that must be stable and "
                  "meet the threshold")
      ->check(Between(1, 100))
      ->capture_default_str()
      ->group(kMeasurement);
  command
      .add_option("--warmup-request-count", options.warmup_request_count,
                  "First requests, which do not count")
      ->check(CLI::Range(kMostRequests))
      ->capture_default_str()
      ->group(kMeasurement);
  command
      .add_option("--request-count", options.request_count,
                  "Measure so many requests instead of windows")
      ->check(CLI::Range(kMostRequests))
      ->group(kMeasurement);
  command.add_option("--repeats", options.repeats, "Runs of each load, for confidence intervals")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->group(kMeasurement);
}

void AddThresholdFlags(CLI::App& command, BenchOptions& options) {
  AddDurationFlag(command, "--latency-threshold", options.latency_threshold,
                  "What the latency at --percentile may be; at most 0.1 % of the requests may fail")
      ->group(kMeasurement);
  command
      .add_flag("--binary-search", options.binary_search,
                "Search the range for the highest load that meets the threshold")
      ->group(kMeasurement);
}

void AddCheckFlags(CLI::App& command, BenchOptions& options) {
  constexpr char kChecks[] = "Checks";
  command
      .add_option(
          "--pixel-check", options.pixel_check,
          "Share of the requests whose images are asked for again alone, twice, and compared")
      ->check(Between(0, 1))
      ->capture_default_str()
      ->group(kChecks);
  command
      .add_option("--pixel-check-limit", options.pixel_check_limit, "Such requests a run at most")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str()
      ->group(kChecks);
  command
      .add_option("--metrics-url", options.metrics_urls,
                  "The server's metrics, http://127.0.0.1:9464/metrics: what it is, its CPU and "
                  "memory, how it batched; then, repeated, exporters of its machine: NVIDIA's DCGM "
                  "exporter (GPUs, energy), Prometheus' node exporter (the processors' energy)")
      ->allow_extra_args(false)
      ->type_name("URL")
      ->group(kChecks);
}

void AddComparisonFlags(CLI::App& command, BenchOptions& options) {
  constexpr char kComparison[] = "Comparison";
  command
      .add_option(
          "--compare-address", options.compare_address,
          "A second server, B: each load runs on A, B, B, A, ... (--repeats times on each); "
          "prints the ratios B/A of throughput and latencies with 95 % intervals")
      ->type_name("HOST:PORT")
      ->group(kComparison);
  command
      .add_option("--compare-metrics-url", options.compare_metrics_urls,
                  "The second server's metrics, and those of its machine")
      ->allow_extra_args(false)
      ->type_name("URL")
      ->group(kComparison);
}

void AddResultFlags(CLI::App& command, BenchOptions& options) {
  constexpr char kResults[] = "Results";
  command
      .add_option("--output,-o", options.output, "Directory for the files; empty: none are written")
      ->capture_default_str()
      ->group(kResults);
  command.add_flag("--json", options.json, "Print summary.json and nothing else")->group(kResults);
  command
      .add_option_function<std::vector<std::string>>(
          "--fail-if",
          [&options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              auto condition = ParseFailCondition(text);
              if (!condition.ok()) {
                throw CLI::ValidationError("--fail-if", std::string(condition.status().message()));
              }
              options.fail_if.push_back(*std::move(condition));
            }
          },
          "Exit with 7 if this holds of a run on --address: 'p99>200ms'; repeat it")
      ->allow_extra_args(false)
      ->type_name("CONDITION")
      ->group(kResults);
}

}  // namespace

CLI::App* AddBenchCommand(CLI::App& app, BenchOptions& options) {
  options.request.prompts.clear();
  CLI::App* command = app.add_subcommand("bench", "Load the server and measure it");
  AddConnectionFlags(*command, options.connection);
  AddLoadFlags(*command, options);
  AddSendingFlags(*command, options);
  AddRequestFlags(*command, options);
  AddObjectiveFlags(*command, options.request);
  AddMeasurementFlags(*command, options);
  AddThresholdFlags(*command, options);
  AddCheckFlags(*command, options);
  AddComparisonFlags(*command, options);
  AddResultFlags(*command, options);
  command->footer(absl::StrCat(kBenchExamples, "\n\n", kFailConditionHelp, "\n\n", kExitCodesHelp));
  return command;
}

}  // namespace strobe::client
