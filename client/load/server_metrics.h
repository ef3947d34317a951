// What the server's own metrics say about a run.

#ifndef STROBE_CLIENT_LOAD_SERVER_METRICS_H_
#define STROBE_CLIENT_LOAD_SERVER_METRICS_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace strobe::client {

// Series by their full name, strobe_batch_size_bucket{stage="denoise",le="8"}.
using MetricsSnapshot = std::map<std::string, double>;

// Parses the Prometheus text format; lines that are no samples are skipped.
MetricsSnapshot ParseMetrics(absl::string_view text);

// Gets and parses http://host:port/metrics; UNAVAILABLE with the reason when that fails. Blocks for
// 2 seconds at most.
absl::StatusOr<MetricsSnapshot> ScrapeMetrics(const std::string& url);

// The server between two snapshots.
struct ServerUsage {
  double cpu_cores = 0;               // that it kept busy, on average
  double resident_bytes = 0;          // at the end
  double resident_growth_bytes = 0;   // since the start
  double device_bytes = 0;            // allocated on the device, at the end
  double wasted_compute_seconds = 0;  // device time spent on requests that got no images
  double partial_images_dropped = 0;
  std::map<std::string, double> outcomes;      // requests by outcome and reason
  std::map<std::string, double> mean_batches;  // by stage, over its micro-batches
  std::map<std::string, std::string> build;    // labels of strobe_build_info
};

ServerUsage UsageBetween(const MetricsSnapshot& before, const MetricsSnapshot& after,
                         absl::Duration elapsed);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_SERVER_METRICS_H_
