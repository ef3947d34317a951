#include "client/load/prometheus_text.h"

#include <curl/curl.h>

#include <memory>
#include <regex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace strobe::client {
namespace {

constexpr long kTimeoutMs = 2000;

size_t Append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

}  // namespace

MetricLabels LabelsOf(const std::string& series) {
  static const std::regex kLabel("([a-zA-Z_]+)=\"([^\"]*)\"");
  MetricLabels labels;
  for (std::sregex_iterator label(series.begin(), series.end(), kLabel), end; label != end;
       ++label) {
    labels[(*label)[1]] = (*label)[2];
  }
  return labels;
}

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

absl::StatusOr<MetricsSnapshot> ScrapeMetrics(const std::vector<std::string>& urls) {
  MetricsSnapshot all;
  for (const std::string& url : urls) {
    STROBE_ASSIGN_OR_RETURN(MetricsSnapshot snapshot, ScrapeMetrics(url));
    all.merge(std::move(snapshot));
  }
  return all;
}

}  // namespace strobe::client
