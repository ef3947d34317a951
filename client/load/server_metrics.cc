#include "client/load/server_metrics.h"

#include <curl/curl.h>

#include <memory>
#include <regex>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace strobe::client {
namespace {

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
std::map<std::string, std::string> LabelsOf(const std::string& series) {
  static const std::regex kLabel("([a-zA-Z_]+)=\"([^\"]*)\"");
  std::map<std::string, std::string> labels;
  for (std::sregex_iterator label(series.begin(), series.end(), kLabel), end; label != end;
       ++label) {
    labels[(*label)[1]] = (*label)[2];
  }
  return labels;
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
  for (const auto& [series, value] : after) {
    const auto labels = LabelsOf(series);
    if (absl::StartsWith(series, "strobe_build_info{")) usage.build = labels;
    if (absl::StartsWith(series, "strobe_wasted_compute_seconds_total")) {
      usage.wasted_compute_seconds += grown(series);
    }
    if (absl::StartsWith(series, "strobe_requests_total{") && grown(series) > 0) {
      usage.outcomes[absl::StrCat(labels.at("outcome"), " ", labels.at("reason"))] = grown(series);
    }
    const absl::string_view kCount = "strobe_batch_size_count";
    if (absl::StartsWith(series, kCount) && grown(series) > 0) {
      const std::string sum = absl::StrCat("strobe_batch_size_sum", series.substr(kCount.size()));
      usage.mean_batches[labels.at("stage")] = grown(sum) / grown(series);
    }
  }
  return usage;
}

}  // namespace strobe::client
