#include "client/load/device_metrics.h"

#include "absl/strings/match.h"

namespace strobe::client {
namespace {

constexpr double kMebibyte = 1 << 20;
constexpr double kMegahertz = 1e6;
constexpr double kMillijoule = 1e-3;

// Puts one gauge of the DCGM exporter into its place; others are left alone.
void Note(const std::string& name, double value, GpuState& gpu) {
  if (name == "DCGM_FI_DEV_GPU_UTIL") gpu.utilization = value / 100;
  if (name == "DCGM_FI_DEV_POWER_USAGE") gpu.power_watts = value;
  if (name == "DCGM_FI_DEV_FB_USED") gpu.memory_used_bytes = value * kMebibyte;
  if (name == "DCGM_FI_DEV_SM_CLOCK") gpu.sm_clock_hertz = value * kMegahertz;
}

}  // namespace

DeviceUsage DevicesBetween(const MetricsSnapshot& before, const MetricsSnapshot& after,
                           absl::Duration elapsed) {
  DeviceUsage usage;
  for (const auto& [series, value] : after) {
    const std::string name = series.substr(0, series.find('{'));
    const auto earlier = before.find(series);
    const double growth = earlier == before.end() ? 0 : value - earlier->second;
    if (name == "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION") usage.energy_joules += growth * kMillijoule;
    if (name == "node_rapl_package_joules_total") usage.energy_joules += growth;
    if (!absl::StartsWith(name, "DCGM_FI_DEV_")) continue;
    const auto labels = LabelsOf(series);
    const auto number = labels.find("gpu");
    if (number == labels.end()) continue;
    GpuState& gpu = usage.gpus[number->second];
    if (const auto model = labels.find("modelName"); model != labels.end()) {
      gpu.name = model->second;
    }
    Note(name, value, gpu);
  }
  if (elapsed > absl::ZeroDuration()) {
    usage.mean_watts = usage.energy_joules / absl::ToDoubleSeconds(elapsed);
  }
  return usage;
}

}  // namespace strobe::client
