#include "client/load/server_metrics.h"

#include <curl/curl.h>

#include <iterator>
#include <limits>
#include <memory>
#include <regex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace strobe::client {
namespace {

using Labels = std::map<std::string, std::string>;

constexpr long kTimeoutMs = 2000;

size_t Append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

double ValueOf(const MetricsSnapshot& snapshot, const std::string& series) {
  const auto found = snapshot.find(series);
  return found == snapshot.end() ? 0 : found->second;
}

// {name: value} of the labels in `series`.
Labels LabelsOf(const std::string& series) {
  static const std::regex kLabel("([a-zA-Z_]+)=\"([^\"]*)\"");
  Labels labels;
  for (std::sregex_iterator label(series.begin(), series.end(), kLabel), end; label != end;
       ++label) {
    labels[(*label)[1]] = (*label)[2];
  }
  return labels;
}

// Adds a series of strobe_batch_size or strobe_network_rows_total; others are left alone.
void AddBatches(const std::string& series, const Labels& labels, double growth,
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

}  // namespace

MetricsSnapshot ParseMetrics(absl::string_view text) {
  MetricsSnapshot snapshot;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (line.front() == '#') continue;
    const size_t labels_end = line.rfind('}');
    const size_t space = line.find(' ', labels_end == absl::string_view::npos ? 0 : labels_end);
    double value = 0;
    if (space == absl::string_view::npos) continue;
    const std::vector<absl::string_view> fields =
        absl::StrSplit(line.substr(space), ' ', absl::SkipEmpty());
    if (fields.empty() || !absl::SimpleAtod(fields.front(), &value)) continue;
    snapshot[std::string(line.substr(0, space))] = value;
  }
  return snapshot;
}

absl::StatusOr<MetricsSnapshot> ScrapeMetrics(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  if (curl == nullptr) return absl::UnavailableError("libcurl cannot be used");
  std::string text;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &text);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    return absl::UnavailableError(absl::StrCat("cannot get ", url, ": ", curl_easy_strerror(code)));
  }
  return ParseMetrics(text);
}

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
  usage.partial_images_dropped = grown("strobe_partial_images_dropped_total");
  usage.denoise_steps = grown("strobe_denoise_steps_total");
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
      Labels labels = LabelsOf(series);
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
