#include "server/program/simulate_command.h"

#include <algorithm>
#include <optional>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "server/options/flag_checks.h"
#include "server/options/server_options.h"
#include "server/simulation/cost_file.h"
#include "server/simulation/simulation_report.h"
#include "server/simulation/simulator.h"
#include "workload/workload_file.h"

namespace strobe::server {
namespace {

constexpr char kSimulateFooter[] =
    "Examples:\n"
    "  strobe-server measure --model DIR --output costs.json\n"
    "  strobe-server simulate --cost-model costs.json --workload w.json --request-rate 40 "
    "--replicas 1,2,4\n"
    "  strobe-server simulate --cost-model costs.json --workload w.json --request-rate 400 "
    "--latency-threshold 250ms --find-replicas\n\n"
    "The workload is the one of `strobe-client bench --workload`. The admission and the batch "
    "policy "
    "are\nthose that serve; a micro-batch takes its measured mean time. Image encoding, the "
    "network,"
    " partial\nimages and the prompt cache are left out.";

struct SimulateOptions {
  std::string cost_model;
  std::string workload;
  std::string trace;
  SimulationOptions simulation;  // its values are the flags' defaults
  std::string max_queue_wait = absl::FormatDuration(AdmissionOptions().max_queue_wait);
  std::optional<int> max_batch_size;  // else as measured
  double request_rate = 0;            // 0: that of the trace
  std::string distribution =
      std::string(workload::ArrivalProcessName(workload::ArrivalOptions().process));
  std::vector<int> replicas = {1};
  bool find_replicas = false;
  int max_replicas = 1000;
  std::string delivery;
  std::string threshold;
  bool json = false;
};

void AddLoadFlags(CLI::App& app, SimulateOptions& options) {
  SimulationOptions& simulation = options.simulation;
  app.add_option("--cost-model", options.cost_model, "What `strobe-server measure` wrote")
      ->required()
      ->type_name("FILE");
  CLI::Option* workload =
      app.add_option("--workload", options.workload, "Mixed requests, as of strobe-client bench")
          ->type_name("FILE");
  app.add_option("--trace", options.trace, "Recorded requests, as of strobe-client bench")
      ->type_name("FILE")
      ->excludes(workload);
  app.add_option("--request-rate", options.request_rate, "Requests a second, over all replicas")
      ->check(Between(1e-6, 1e9));
  app.add_option("--request-distribution", options.distribution, "constant, poisson or gamma")
      ->capture_default_str();
  app.add_option("--arrival-smoothness", simulation.arrivals.smoothness,
                 "Shape of gamma gaps; 1 is Poisson")
      ->check(Between(0.001, 1e6))
      ->capture_default_str();
  app.add_option("--request-count", simulation.request_count, "Requests to simulate")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--seed", simulation.seed, "Of the arrivals and of what is asked for")
      ->capture_default_str();
}

void AddReplicaFlags(CLI::App& app, SimulateOptions& options) {
  SimulationOptions& simulation = options.simulation;
  app.add_option("--replicas", options.replicas, "Servers, in turn: 1,2,4")
      ->delimiter(',')
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_flag("--find-replicas", options.find_replicas,
               "Search for the fewest replicas that meet the threshold, instead of --replicas");
  app.add_option("--max-replicas", options.max_replicas, "Most that --find-replicas tries")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--max-batch-size", options.max_batch_size, "Of the servers; default: as measured")
      ->check(CLI::Range(1, 256));
  app.add_option("--queue-capacity", simulation.replica.admission.queue_capacity,
                 "Of each server, in samples")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--max-queue-wait", options.max_queue_wait,
                 "Of each server: the predicted wait beyond which a request is refused")
      ->type_name("DURATION")
      ->capture_default_str();
}

void AddObjectiveFlags(CLI::App& app, SimulateOptions& options) {
  SimulationOptions& simulation = options.simulation;
  app.add_option("--delivery", options.delivery,
                 "Way of a picture from the device to its caller, 5ms; kept free before deadlines. "
                 "Default: none")
      ->type_name("DURATION");
  app.add_option("--latency-threshold", options.threshold,
                 "What the latency at --percentile may be, 250ms; at most 0.1 % may fail. Also the "
                 "objective of classes without slo and deadline")
      ->type_name("DURATION");
  app.add_option("--percentile", simulation.percentile, "Of the threshold")
      ->check(Between(1, 100))
      ->capture_default_str();
  app.add_flag("--json", options.json, "Print one JSON object");
}

absl::StatusOr<CostFile> LoadCosts(const std::string& path) {
  STROBE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  auto costs = ParseCostFile(text);
  if (!costs.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", costs.status().message()));
  }
  return costs;
}

absl::StatusOr<workload::Workload> LoadWorkload(const SimulateOptions& options,
                                                absl::Duration threshold) {
  const std::string& path = options.trace.empty() ? options.workload : options.trace;
  if (path.empty()) {
    workload::RequestClass all;
    all.slo = threshold;
    return workload::Workload({all});
  }
  STROBE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const auto parsed =
      options.trace.empty() ? workload::ParseWorkload(text) : workload::ParseTrace(text);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", parsed.status().message()));
  }
  std::vector<workload::RequestClass> classes = parsed->classes();
  for (auto& each : classes) each.slo = std::min(each.slo, threshold);
  return workload::Workload(std::move(classes), parsed->trace());
}

// Of a flag: positive.
absl::StatusOr<absl::Duration> ReadDuration(const char* flag, const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": '", text, "' is no duration like 250ms"));
  }
  return duration;
}

absl::StatusOr<SimulationOptions> MakeSimulation(const SimulateOptions& options,
                                                 const CostFile& costs) {
  STROBE_ASSIGN_OR_RETURN(const workload::ArrivalProcess process,
                          workload::ParseArrivalProcess(options.distribution));
  if (options.request_rate <= 0 && options.trace.empty()) {
    return absl::InvalidArgumentError("--request-rate or --trace is required");
  }
  SimulationOptions simulation = options.simulation;
  simulation.arrivals.process = process;
  simulation.arrivals.rate = options.request_rate;
  simulation.arrivals.seed = simulation.seed;
  simulation.replica.devices = static_cast<int>(costs.devices.size());
  simulation.replica.lanes = costs.lanes;
  simulation.replica.policy.max_batch_size = options.max_batch_size.value_or(costs.max_batch_size);
  STROBE_ASSIGN_OR_RETURN(simulation.replica.admission.max_queue_wait,
                          ReadDuration("--max-queue-wait", options.max_queue_wait));
  if (!options.delivery.empty()) {
    STROBE_ASSIGN_OR_RETURN(simulation.delivery, ReadDuration("--delivery", options.delivery));
  }
  return simulation;
}

absl::Status Simulate(const SimulateOptions& options, std::ostream& out) {
  SimulationReport report;
  report.objective.percentile = options.simulation.percentile;
  if (!options.threshold.empty()) {
    STROBE_ASSIGN_OR_RETURN(report.objective.threshold,
                            ReadDuration("--latency-threshold", options.threshold));
  }
  if (options.find_replicas && options.threshold.empty()) {
    return absl::InvalidArgumentError("--find-replicas needs --latency-threshold");
  }
  STROBE_ASSIGN_OR_RETURN(const CostFile costs, LoadCosts(options.cost_model));
  STROBE_ASSIGN_OR_RETURN(const workload::Workload workload,
                          LoadWorkload(options, report.objective.threshold));
  STROBE_ASSIGN_OR_RETURN(const SimulationOptions simulation, MakeSimulation(options, costs));
  STROBE_ASSIGN_OR_RETURN(const Simulator simulator,
                          Simulator::Create(simulation, workload, costs));

  report.request_rate = options.request_rate;
  report.searched = options.find_replicas;
  const auto run = [&](int replicas) {
    report.results.push_back(simulator.Run(replicas));
    return Meets(report.results.back(), report.objective);
  };
  if (options.find_replicas) {
    report.fewest_replicas = FewestReplicas(options.max_replicas, run);
  } else {
    for (const int replicas : options.replicas) run(replicas);
  }
  out << (options.json ? SimulationAsJson(report) : SimulationAsText(report)) << std::flush;
  return absl::OkStatus();
}

}  // namespace

int RunSimulateCommand(const std::vector<std::string>& arguments, std::ostream& out,
                       std::ostream& err) {
  SimulateOptions options;
  CLI::App app("Simulates servers under a load, with measured costs.", "strobe-server simulate");
  AddLoadFlags(app, options);
  AddReplicaFlags(app, options);
  AddObjectiveFlags(app, options);
  app.footer(kSimulateFooter);
  std::string problem;
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    const absl::Status status = Simulate(options, out);
    if (status.ok()) return kExitOk;
    problem = std::string(status.message());
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    problem = error.what();
  }
  err << "strobe-server: " << problem << " (see strobe-server simulate --help)\n";
  return kExitUsage;
}

}  // namespace strobe::server
