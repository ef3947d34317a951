// What exporters beside the server say of its GPUs and of the energy it takes.

#ifndef STROBE_CLIENT_LOAD_DEVICE_METRICS_H_
#define STROBE_CLIENT_LOAD_DEVICE_METRICS_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "client/load/prometheus_text.h"

namespace strobe::client {

// One GPU, at the end of a run, as NVIDIA's DCGM exporter saw it last.
struct GpuState {
  std::string name;        // "NVIDIA H100 80GB HBM3"
  double utilization = 0;  // share of the time that a kernel ran
  double power_watts = 0;
  double memory_used_bytes = 0;
  double sm_clock_hertz = 0;
};

struct DeviceUsage {
  std::map<std::string, GpuState> gpus;  // by their numbers
  double energy_joules = 0;              // of GPUs and processor packages; 0: not measured
  double mean_watts = 0;                 // over the time between the snapshots
};

// The machine between two snapshots of the DCGM exporter (DCGM_FI_DEV_*) or of Prometheus' node
// exporter, which counts what RAPL says of the processors (node_rapl_package_joules_total).
DeviceUsage DevicesBetween(const MetricsSnapshot& before, const MetricsSnapshot& after,
                           absl::Duration elapsed);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_DEVICE_METRICS_H_
