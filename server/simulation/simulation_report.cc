#include "server/simulation/simulation_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "workload/latency_statistics.h"

namespace strobe::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMaxErrorShare = 0.001;
constexpr int kSchemaVersion = 1;

// In workload::kReportedQuantiles.
constexpr size_t kP50 = 0;
constexpr size_t kP99 = 3;
static_assert(workload::kReportedQuantiles[kP50] == 0.5);
static_assert(workload::kReportedQuantiles[kP99] == 0.99);

std::string Millis(double seconds) {
  return std::isfinite(seconds) ? absl::StrFormat("%.1f ms", seconds * 1e3) : "-";
}

Json ResultAsJson(const SimulationResult& result, const SimulatedObjective& objective) {
  Json json;
  json["replicas"] = result.replicas;
  if (objective.threshold != absl::InfiniteDuration()) {
    json["meets_objective"] = Meets(result, objective);
  }
  json["simulated_seconds"] = result.seconds;
  json["requests"] = result.requests;
  json["ok"] = result.count(SimulatedOutcome::kOk);
  json["shed"] = result.count(SimulatedOutcome::kShed);
  json["infeasible"] = result.count(SimulatedOutcome::kInfeasible);
  json["expired"] = result.count(SimulatedOutcome::kExpired);
  json["cancelled"] = result.count(SimulatedOutcome::kCancelled);
  json["good"] = result.good;
  json["early"] = result.early;
  json["attainment"] = result.attainment();
  json["error_share"] = result.error_share();
  json["throughput_per_second"] = result.throughput();
  json["goodput_per_second"] = result.goodput();
  json["denoise_steps"] = result.denoise_steps;
  json["latency_mean_seconds"] = result.mean_latency;
  for (size_t i = 0; i < result.latencies.size(); ++i) {
    const double level = workload::kReportedQuantiles[i];
    json[absl::StrCat("latency_p", level * 100, "_seconds")] = result.latencies[i];
  }
  json["threshold_latency_seconds"] = result.threshold_latency;
  json["utilisation"] = result.utilisation;
  json["wasted_seconds"] = absl::ToDoubleSeconds(result.usage.wasted);
  for (const Stage stage : {Stage::kEncodePrompt, Stage::kDenoise, Stage::kDecode}) {
    json["mean_batch"][std::string(StageName(stage))] = result.mean_batch(stage);
  }
  for (const SimulatedClass& each : result.classes) {
    json["classes"].push_back(
        {{"name", each.name}, {"requests", each.requests}, {"good", each.good}});
  }
  return json;
}

}  // namespace

bool Meets(const SimulationResult& result, const SimulatedObjective& objective) {
  return result.threshold_latency <= absl::ToDoubleSeconds(objective.threshold) &&
         result.error_share() <= kMaxErrorShare;
}

std::string SimulationAsText(const SimulationReport& report) {
  const bool has_threshold = report.objective.threshold != absl::InfiniteDuration();
  std::string text = absl::StrFormat("%8s %10s %10s %9s %10s %10s %10s %6s %6s  %-15s %s\n",
                                     "replicas", "requests/s", "goodput", "good", "p50", "p99",
                                     absl::StrCat("p", report.objective.percentile, " all"), "shed",
                                     "busy", "mean batches", has_threshold ? "verdict" : "");
  for (const SimulationResult& result : report.results) {
    const uint64_t shed = result.requests - result.count(SimulatedOutcome::kOk) -
                          result.count(SimulatedOutcome::kCancelled);
    absl::StrAppendFormat(
        &text, "%8d %10.1f %10.1f %7.2f %% %10s %10s %10s %5.1f%% %5.1f%%  %4.1f %4.1f %4.1f  %s\n",
        result.replicas, result.throughput(), result.goodput(), result.attainment() * 100,
        Millis(result.latencies[kP50]), Millis(result.latencies[kP99]),
        Millis(result.threshold_latency),
        100.0 * static_cast<double>(shed) / static_cast<double>(result.requests),
        result.utilisation * 100, result.mean_batch(Stage::kEncodePrompt),
        result.mean_batch(Stage::kDenoise), result.mean_batch(Stage::kDecode),
        !has_threshold                    ? ""
        : Meets(result, report.objective) ? "enough"
                                          : "too few");
  }
  if (!report.searched) return text;
  const std::string objective =
      absl::StrFormat("p%g of at most %s", report.objective.percentile,
                      Millis(absl::ToDoubleSeconds(report.objective.threshold)));
  return report.fewest_replicas.has_value()
             ? absl::StrCat(text, "replicas needed for ", objective, ": ", *report.fewest_replicas,
                            "\n")
             : absl::StrCat(text, "no number of replicas that was tried has ", objective, "\n");
}

std::string SimulationAsJson(const SimulationReport& report) {
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["request_rate"] = report.request_rate;
  json["percentile"] = report.objective.percentile;
  json["latency_threshold_seconds"] = absl::ToDoubleSeconds(report.objective.threshold);
  if (report.searched) {
    json["fewest_replicas"] =
        report.fewest_replicas.has_value() ? Json(*report.fewest_replicas) : Json(nullptr);
  }
  for (const SimulationResult& result : report.results) {
    json["results"].push_back(ResultAsJson(result, report.objective));
  }
  return json.dump(2) + "\n";
}

}  // namespace strobe::server
