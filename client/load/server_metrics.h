// What the server's own metrics say about a run.

#ifndef STROBE_CLIENT_LOAD_SERVER_METRICS_H_
#define STROBE_CLIENT_LOAD_SERVER_METRICS_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "client/load/prometheus_text.h"

namespace strobe::client {

// Micro-batches of one stage as the server counted them.
struct StageBatches {
  std::map<double, double> batches;  // by the upper bound of the bucket of their size
  double count = 0;                  // of micro-batches
  double samples = 0;                // in all of them
  double used_rows = 0;              // that the networks were called with
  double padding_rows = 0;           // filled up beside them, by --exact

  double mean() const { return count > 0 ? samples / count : 0; }
  double padding_share() const {
    return padding_rows > 0 ? padding_rows / (used_rows + padding_rows) : 0;
  }
};

// The server between two snapshots.
struct ServerUsage {
  double cpu_cores = 0;               // that it kept busy, on average
  double resident_bytes = 0;          // at the end
  double resident_growth_bytes = 0;   // since the start
  double device_bytes = 0;            // allocated on the device, at the end
  double wasted_compute_seconds = 0;  // device time spent on requests that got no images
  double images = 0;
  double partial_images_dropped = 0;
  std::map<std::string, double> outcomes;       // requests by outcome and reason
  std::map<std::string, StageBatches> batches;  // by stage, of those that ran
  double joins = 0;                             // first steps among samples that are further on
  double mixed_step_batches = 0;                // denoising batches of samples at different steps

  // Over the denoising batches, each of which is a step of all its samples.
  double joins_per_step() const;
  double mixed_step_share() const;
};

// By "build", "model tiny-shapes" and "device cpu" the labels that say the rest.
using ServerFactsByName = std::map<std::string, MetricLabels>;

// What the server says it is, from strobe_build_info, strobe_model_info and strobe_device_info.
ServerFactsByName ServerFacts(const MetricsSnapshot& snapshot);

ServerUsage UsageBetween(const MetricsSnapshot& before, const MetricsSnapshot& after,
                         absl::Duration elapsed);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_SERVER_METRICS_H_
