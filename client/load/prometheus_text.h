// Reads what a Prometheus exporter says.

#ifndef STROBE_CLIENT_LOAD_PROMETHEUS_TEXT_H_
#define STROBE_CLIENT_LOAD_PROMETHEUS_TEXT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::client {

// Series by their full name, strobe_batch_size_bucket{stage="denoise",le="8"}.
using MetricsSnapshot = std::map<std::string, double>;

// The labels of a series, {name: value}.
using MetricLabels = std::map<std::string, std::string>;
MetricLabels LabelsOf(const std::string& series);

// Parses the Prometheus text format; lines that are no samples are skipped.
MetricsSnapshot ParseMetrics(absl::string_view text);

// Gets and parses http://host:port/metrics; UNAVAILABLE with the reason when that fails. Blocks for
// 2 seconds at most.
absl::StatusOr<MetricsSnapshot> ScrapeMetrics(const std::string& url);

// The same of several exporters. What two of them have, process_cpu_seconds_total, is that of the
// first.
absl::StatusOr<MetricsSnapshot> ScrapeMetrics(const std::vector<std::string>& urls);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_PROMETHEUS_TEXT_H_
