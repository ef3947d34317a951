#include "client/load/server_metrics.h"

#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace strobe::client {
namespace {

double ValueOf(const MetricsSnapshot& snapshot, const std::string& series) {
  const auto found = snapshot.find(series);
  return found == snapshot.end() ? 0 : found->second;
}

// Adds a series of strobe_batch_size or strobe_network_rows_total; others are left alone.
void AddBatches(const std::string& series, const MetricLabels& labels, double growth,
                std::map<std::string, StageBatches>& batches) {
  const std::string name = series.substr(0, series.find('{'));
  if (name == "strobe_batch_size_bucket") {
    double bound = std::numeric_limits<double>::infinity();
    if (labels.at("le") != "+Inf" && !absl::SimpleAtod(labels.at("le"), &bound)) return;
    batches[labels.at("stage")].batches[bound] = growth;
  } else if (name == "strobe_batch_size_count") {
    batches[labels.at("stage")].count = growth;
  } else if (name == "strobe_batch_size_sum") {
    batches[labels.at("stage")].samples = growth;
  } else if (name == "strobe_network_rows_total") {
    StageBatches& stage = batches[labels.at("stage")];
    (labels.at("kind") == "padding" ? stage.padding_rows : stage.used_rows) = growth;
  }
}

// Prometheus' buckets hold what the smaller ones hold too.
void TakeApart(StageBatches& batches) {
  double below = 0;
  for (auto bucket = batches.batches.begin(); bucket != batches.batches.end();) {
    const double up_to = std::exchange(bucket->second, bucket->second - below);
    bucket = up_to > below ? std::next(bucket) : batches.batches.erase(bucket);
    below = up_to;
  }
}

double ByDenoiseBatch(double number, const ServerUsage& usage) {
  const auto denoise = usage.batches.find("denoise");
  const double count = denoise == usage.batches.end() ? 0 : denoise->second.count;
  return count > 0 ? number / count : 0;
}

}  // namespace

double ServerUsage::joins_per_step() const { return ByDenoiseBatch(joins, *this); }

double ServerUsage::mixed_step_share() const { return ByDenoiseBatch(mixed_step_batches, *this); }

ServerUsage UsageBetween(const MetricsSnapshot& before, const MetricsSnapshot& after,
                         absl::Duration elapsed) {
  const auto grown = [&](const std::string& series) {
    return ValueOf(after, series) - ValueOf(before, series);
  };
  ServerUsage usage;
  if (elapsed > absl::ZeroDuration()) {
    usage.cpu_cores = grown("process_cpu_seconds_total") / absl::ToDoubleSeconds(elapsed);
  }
  usage.resident_bytes = ValueOf(after, "process_resident_memory_bytes");
  usage.resident_growth_bytes = grown("process_resident_memory_bytes");
  usage.device_bytes = ValueOf(after, "strobe_device_memory_bytes{kind=\"allocated\"}");
  usage.images = grown("strobe_images_total");
  usage.partial_images_dropped = grown("strobe_partial_images_dropped_total");
  usage.joins = grown("strobe_batch_joins_total");
  usage.mixed_step_batches = grown("strobe_mixed_step_batches_total");
  for (const auto& [series, value] : after) {
    const double growth = grown(series);
    if (growth <= 0) continue;
    const auto labels = LabelsOf(series);
    if (absl::StartsWith(series, "strobe_wasted_compute_seconds_total")) {
      usage.wasted_compute_seconds += growth;
    }
    if (absl::StartsWith(series, "strobe_requests_total{")) {
      usage.outcomes[absl::StrCat(labels.at("outcome"), " ", labels.at("reason"))] = growth;
    }
    AddBatches(series, labels, growth, usage.batches);
  }
  for (auto& [stage, batches] : usage.batches) TakeApart(batches);
  return usage;
}

ServerFactsByName ServerFacts(const MetricsSnapshot& snapshot) {
  ServerFactsByName facts;
  for (const auto& [series, value] : snapshot) {
    for (const char* what : {"build", "model", "device"}) {
      if (!absl::StartsWith(series, absl::StrCat("strobe_", what, "_info{"))) continue;
      MetricLabels labels = LabelsOf(series);
      std::string name = what;
      if (name != "build") {
        absl::StrAppend(&name, " ", labels[what]);
        labels.erase(what);
      }
      facts[name] = std::move(labels);
    }
  }
  return facts;
}

}  // namespace strobe::client
