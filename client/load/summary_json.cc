#include "client/load/summary_json.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace strobe::client {
namespace {

using Json = nlohmann::ordered_json;

// "p99.9"
std::string QuantileName(double level) { return absl::StrCat("p", level * 100); }

Json IntervalAsJson(const std::optional<workload::Interval>& interval) {
  return interval.has_value() ? Json({interval->low, interval->high}) : Json(nullptr);
}

// Quantiles with their intervals; nothing without values.
Json LatencyAsJson(const LatencySummary& latency) {
  Json json;
  json["count"] = latency.sorted.size();
  if (latency.empty()) return json;
  json["mean_seconds"] = latency.mean;
  json["max_seconds"] = latency.max();
  for (const double level : workload::kReportedQuantiles) {
    const workload::Quantile quantile = workload::QuantileAt(latency.sorted, level);
    const std::string name = QuantileName(level);
    json[name + "_seconds"] = quantile.value;
    json[name + "_interval_seconds"] = IntervalAsJson(quantile.interval);
  }
  return json;
}

Json GroupAsJson(const GroupSummary& group) {
  Json json;
  json["name"] = group.name;
  json["requests"] = group.requests;
  json["ok"] = group.ok;
  json["good"] = group.good;
  json["shed"] = group.shed;
  json["deadline_missed"] = group.deadline_missed;
  json["cancelled"] = group.cancelled;
  json["failed"] = group.failed;
  json["attainment"] = group.attainment();
  json["latency"] = LatencyAsJson(group.latency);
  return json;
}

Json GroupsAsJson(const std::vector<GroupSummary>& groups) {
  Json list = Json::array();
  for (const GroupSummary& group : groups) list.push_back(GroupAsJson(group));
  return list;
}

Json BatchesAsJson(const LoadSummary& run) {
  Json json = Json::object();
  for (const auto& [stage, histogram] : run.batches) {
    json[stage]["mean"] = histogram.mean();
    for (const auto& [size, count] : histogram.batches) {
      json[stage]["batches"][absl::StrCat(size)] = count;
    }
  }
  return json;
}

void AddRates(const LoadSummary& run, Json& json) {
  json["offered_per_second"] = run.offered_rate;
  json["sent_per_second"] = run.sent_rate;
  json["completed_per_second"] = run.completed_rate;
  json["goodput_per_second"] = run.goodput;
  json["images_per_second"] = run.image_rate;
  json["denoise_steps_per_second"] = run.step_rate;
  json["bytes_per_second"] = run.byte_rate;
  json["in_flight_mean"] = run.in_flight_mean;
  json["in_flight_max"] = run.in_flight_max;
}

void AddTimes(const LoadSummary& run, Json& json) {
  json["latency"] = LatencyAsJson(run.all.latency);
  json["latency_from_send"] = LatencyAsJson(run.latency_from_send);
  json["time_to_first_event"] = LatencyAsJson(run.first_event);
  json["time_to_first_partial_image"] = LatencyAsJson(run.first_partial);
  json["time_to_first_image"] = LatencyAsJson(run.first_image);
  json["time_to_step"] = Json::array();
  for (const auto& step : run.steps) json["time_to_step"].push_back(LatencyAsJson(step));
  json["partial_image_lead_share"] = run.partial_lead;
  for (const auto& [stage, times] : run.stages) json["server"][stage] = LatencyAsJson(times);
}

Json RunAsJson(const LoadSummary& run) {
  Json json;
  json["duration_seconds"] = run.duration;
  json["warmup_requests"] = run.warmup_requests;
  json["trials"] = run.trials;
  json["stable"] = run.stable;
  json["interrupted"] = run.interrupted;
  json["void"] = run.is_void;
  json["drain_seconds"] = run.drain_seconds;
  AddRates(run, json);
  json["threshold_latency_seconds"] = run.threshold_latency;
  json["error_share"] = run.error_share;
  json["attainment"] = run.all.attainment();
  json["fairness"] = run.fairness;
  json["send_lag"] = LatencyAsJson(run.send_lag);
  AddTimes(run, json);
  json["batches"] = BatchesAsJson(run);
  json["all"] = GroupAsJson(run.all);
  json["all"].erase("latency");
  json["classes"] = GroupsAsJson(run.classes);
  json["step_counts"] = GroupsAsJson(run.step_counts);
  json["status_codes"] = run.status_codes;
  json["first_errors"] = run.first_errors;
  json["broken_images"] = run.broken_images;
  json["images_ended_early"] = run.ended_early;
  return json;
}

Json UsageAsJson(const ServerUsage& usage) {
  Json json;
  json["cpu_cores"] = usage.cpu_cores;
  json["resident_bytes"] = usage.resident_bytes;
  json["resident_growth_bytes"] = usage.resident_growth_bytes;
  json["device_bytes"] = usage.device_bytes;
  json["wasted_compute_seconds"] = usage.wasted_compute_seconds;
  json["partial_images_dropped"] = usage.partial_images_dropped;
  json["outcomes"] = usage.outcomes;
  json["mean_batches"] = usage.mean_batches;
  return json;
}

Json LevelAsJson(const LevelResult& level) {
  Json json;
  json["kind"] = LoadKindName(level.kind);
  json["load"] = level.load;
  if (level.meets_threshold.has_value()) json["meets_threshold"] = *level.meets_threshold;
  for (const auto& [name, figure] : RepeatedFigures(level)) {
    json["over_runs"][name] = {{"mean", figure.mean},
                               {"variation", figure.variation},
                               {"interval", IntervalAsJson(figure.interval)}};
  }
  json["pixel_check"] = {{"checked", level.pixels.checked},
                         {"identical", level.pixels.identical},
                         {"mismatched", level.pixels.mismatched},
                         {"skipped", level.pixels.skipped},
                         {"largest_difference", level.pixels.worst.largest},
                         {"largest_share", level.pixels.worst.share},
                         {"first_problem", level.pixels.first_problem}};
  json["server_process"] = level.usage.has_value() ? UsageAsJson(*level.usage) : Json(nullptr);
  json["runs"] = Json::array();
  for (const LoadSummary& run : level.runs) json["runs"].push_back(RunAsJson(run));
  return json;
}

Json ProvenanceAsJson(const Provenance& provenance) {
  Json json;
  json["started"] = provenance.started;
  json["command"] = provenance.command;
  json["client_version"] = provenance.client_version;
  json["client_host"] = provenance.host;
  json["address"] = provenance.address;
  json["server_build"] = provenance.server;
  json["models"] = provenance.models;
  json["seed"] = provenance.seed;
  return json;
}

}  // namespace

std::string SummaryAsJson(const BenchReport& report) {
  Json json;
  json["schema_version"] = kSummarySchemaVersion;
  json["provenance"] = ProvenanceAsJson(report.provenance);
  json["void"] = report.is_void();
  json["percentile"] = report.percentile;
  json["latency_threshold_seconds"] = absl::ToDoubleSeconds(report.threshold);
  json["highest_load"] =
      report.highest_load.has_value() ? Json(*report.highest_load) : Json(nullptr);
  json["failed_conditions"] = report.failed_conditions;
  json["levels"] = Json::array();
  for (const LevelResult& level : report.levels) json["levels"].push_back(LevelAsJson(level));
  // Server texts may hold invalid UTF-8.
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace strobe::client
