#include "client/load/summary_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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
  Json json = {{"count", latency.sorted.size()}};
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
  return {{"name", group.name},
          {"requests", group.requests},
          {"ok", group.ok},
          {"good", group.good},
          {"shed", group.shed},
          {"deadline_missed", group.deadline_missed},
          {"cancelled", group.cancelled},
          {"failed", group.failed},
          {"attainment", group.attainment()}};
}

Json GroupsAsJson(const std::vector<GroupSummary>& groups) {
  Json list = Json::array();
  for (const GroupSummary& group : groups) {
    list.push_back(GroupAsJson(group));
    list.back()["latency"] = LatencyAsJson(group.latency);
  }
  return list;
}

// The mean of a histogram and its counts by size; nothing without batches.
template <typename Size>
Json HistogramAsJson(double mean, const std::map<Size, double>& batches) {
  Json json = {{"mean", mean}, {"batches", Json::object()}};
  for (const auto& [size, count] : batches) json["batches"][absl::StrCat(size)] = count;
  return json;
}

Json BatchesAsJson(const LoadSummary& run) {
  Json json = Json::object();
  for (const auto& [stage, histogram] : run.batches) {
    json[stage] = HistogramAsJson(histogram.mean(), histogram.batches);
  }
  return json;
}

Json RatesAsJson(const LoadSummary& run) {
  return {{"offered_per_second", run.offered_rate},     {"sent_per_second", run.sent_rate},
          {"completed_per_second", run.completed_rate}, {"goodput_per_second", run.goodput},
          {"images_per_second", run.image_rate},        {"denoise_steps_per_second", run.step_rate},
          {"bytes_per_second", run.byte_rate},          {"in_flight_mean", run.in_flight_mean},
          {"in_flight_max", run.in_flight_max}};
}

Json TimesAsJson(const LoadSummary& run) {
  Json json = {{"latency", LatencyAsJson(run.all.latency)},
               {"latency_from_send", LatencyAsJson(run.latency_from_send)},
               {"time_to_first_event", LatencyAsJson(run.first_event)},
               {"time_to_first_partial_image", LatencyAsJson(run.first_partial)},
               {"partial_image_gap", LatencyAsJson(run.partial_gap)},
               {"time_to_first_image", LatencyAsJson(run.first_image)},
               {"time_to_step", Json::array()},
               {"partial_image_lead_share", run.partial_lead}};
  for (const auto& step : run.steps) json["time_to_step"].push_back(LatencyAsJson(step));
  for (const auto& [stage, times] : run.stages) json["server"][stage] = LatencyAsJson(times);
  return json;
}

Json RunAsJson(const LoadSummary& run) {
  Json json = {{"duration_seconds", run.duration},
               {"warmup_requests", run.warmup_requests},
               {"trials", run.trials},
               {"stable", run.stable},
               {"interrupted", run.interrupted},
               {"void", run.is_void},
               {"drain_seconds", run.drain_seconds}};
  json.update(RatesAsJson(run));
  json.update({{"threshold_latency_seconds", run.threshold_latency},
               {"error_share", run.error_share},
               {"attainment", run.all.attainment()},
               {"fairness", run.fairness},
               {"send_lag", LatencyAsJson(run.send_lag)}});
  json.update(TimesAsJson(run));
  json.update({{"batches", BatchesAsJson(run)},
               {"all", GroupAsJson(run.all)},
               {"classes", GroupsAsJson(run.classes)},
               {"step_counts", GroupsAsJson(run.step_counts)},
               {"status_codes", run.status_codes},
               {"first_errors", run.first_errors},
               {"retries", run.retries},
               {"wrong_size_images", run.wrong_size_images},
               {"corrupt_images", run.corrupt_images},
               {"images_ended_early", run.ended_early}});
  return json;
}

Json UsageAsJson(const ServerUsage& usage) {
  Json batches = Json::object();
  for (const auto& [stage, of_stage] : usage.batches) {
    batches[stage] = HistogramAsJson(of_stage.mean(), of_stage.batches);
    batches[stage]["padding_share"] = of_stage.padding_share();
  }
  return {{"cpu_cores", usage.cpu_cores},
          {"resident_bytes", usage.resident_bytes},
          {"resident_growth_bytes", usage.resident_growth_bytes},
          {"device_bytes", usage.device_bytes},
          {"wasted_compute_seconds", usage.wasted_compute_seconds},
          {"partial_images_dropped", usage.partial_images_dropped},
          {"outcomes", usage.outcomes},
          {"batches", batches},
          {"joins", usage.joins},
          {"joins_per_step", usage.joins_per_step()},
          {"mixed_step_batches", usage.mixed_step_batches},
          {"mixed_step_share", usage.mixed_step_share()}};
}

Json DevicesAsJson(const LevelResult& level) {
  Json json = {{"energy_joules", level.devices.energy_joules},
               {"energy_per_image_joules", level.energy_per_image()},
               {"mean_watts", level.devices.mean_watts},
               {"gpus", Json::object()}};
  for (const auto& [number, gpu] : level.devices.gpus) {
    json["gpus"][number] = {{"name", gpu.name},
                            {"utilization", gpu.utilization},
                            {"power_watts", gpu.power_watts},
                            {"memory_used_bytes", gpu.memory_used_bytes},
                            {"sm_clock_hertz", gpu.sm_clock_hertz}};
  }
  return json;
}

Json PixelsAsJson(const PixelCheckResult& pixels) {
  return {{"checked", pixels.checked},
          {"identical", pixels.identical},
          {"mismatched", pixels.mismatched},
          {"skipped", pixels.skipped},
          {"repeated", pixels.repeated},
          {"unrepeatable", pixels.unrepeatable},
          {"largest_difference", pixels.worst.largest},
          {"largest_share", pixels.worst.share},
          {"first_problem", pixels.first_problem}};
}

// Figures of several runs, or null where there is none.
Json FiguresAsJson(const NamedFigures& figures) {
  Json json = Json::object();
  for (const auto& [name, figure] : figures) {
    json[name] = figure.runs == 0 ? Json(nullptr)
                                  : Json({{"runs", figure.runs},
                                          {"mean", figure.mean},
                                          {"variation", figure.variation},
                                          {"interval", IntervalAsJson(figure.interval)}});
  }
  return json;
}

Json LevelAsJson(const LevelResult& level) {
  Json json = {{"kind", LoadKindName(level.kind)}, {"load", level.load}};
  if (level.meets_threshold.has_value()) json["meets_threshold"] = *level.meets_threshold;
  json["over_runs"] = FiguresAsJson(RepeatedFigures(level));
  json["pixel_check"] = PixelsAsJson(level.pixels);
  json["server_process"] = level.usage.has_value() ? UsageAsJson(*level.usage) : Json(nullptr);
  json["devices"] = DevicesAsJson(level);
  json["runs"] = Json::array();
  for (const LoadSummary& run : level.runs) json["runs"].push_back(RunAsJson(run));
  return json;
}

Json ProvenanceAsJson(const Provenance& provenance) {
  Json json = {{"started", provenance.started},
               {"command", provenance.command},
               {"client_version", provenance.client_version},
               {"client_host", provenance.host},
               {"seed", provenance.seed},
               {"servers", Json::array()}};
  for (const ServerProvenance& server : provenance.servers) {
    json["servers"].push_back(
        {{"address", server.address}, {"facts", server.facts}, {"models", server.models}});
  }
  return json;
}

// Level by level the second server's runs, and its figures as ratios to the first one's.
Json ComparisonAsJson(const BenchReport& report) {
  if (report.compared.empty()) return nullptr;
  Json levels = Json::array();
  for (size_t i = 0; i < report.compared.size(); ++i) {
    levels.push_back(LevelAsJson(report.compared[i]));
    levels.back()["ratios"] = FiguresAsJson(RatioFigures(report.compared[i], report.levels[i]));
  }
  return levels;
}

}  // namespace

std::string SummaryAsJson(const BenchReport& report) {
  const auto highest = report.highest_load;
  Json json = {{"schema_version", kSummarySchemaVersion},
               {"provenance", ProvenanceAsJson(report.provenance)},
               {"void", report.is_void()},
               {"percentile", report.percentile},
               {"latency_threshold_seconds", absl::ToDoubleSeconds(report.threshold)},
               {"highest_load", highest.has_value() ? Json(*highest) : Json(nullptr)},
               {"failed_conditions", report.failed_conditions},
               {"levels", Json::array()},
               {"compared_levels", ComparisonAsJson(report)}};
  for (const LevelResult& level : report.levels) json["levels"].push_back(LevelAsJson(level));
  // Server texts may hold invalid UTF-8.
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace strobe::client
