#include "client/load/report_lines.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace strobe::client {

std::string FormatSeconds(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  if (seconds >= 10) return absl::StrFormat("%.1f s", seconds);
  if (seconds >= 1) return absl::StrFormat("%.2f s", seconds);
  if (seconds >= 0.1) return absl::StrFormat("%.0f ms", seconds * 1e3);
  if (seconds >= 0.001) return absl::StrFormat("%.1f ms", seconds * 1e3);
  return absl::StrFormat("%.0f us", seconds * 1e6);
}

std::string FormatQuantile(const LatencySummary& latency, double level) {
  return latency.empty() ? "-" : FormatSeconds(latency.at(level));
}

std::string LevelName(LoadKind kind, double load) {
  switch (kind) {
    case LoadKind::kConcurrency:
      return absl::StrCat("concurrency ", load);
    case LoadKind::kRate:
      return absl::StrCat(load, " requests/s");
    case LoadKind::kOffline:
    case LoadKind::kTrace:
      break;
  }
  return LoadKindName(kind);
}

std::string FormatPercent(double share) { return absl::StrFormat("%.2f %%", share * 100); }

std::string ProcessLine(const ServerUsage& usage) {
  return absl::StrFormat("%.2f cores busy, %.0f MiB resident (%+.1f MiB), %.2f s of compute wasted",
                         usage.cpu_cores, usage.resident_bytes / (1 << 20),
                         usage.resident_growth_bytes / (1 << 20), usage.wasted_compute_seconds);
}

std::string DevicesLine(const LevelResult& level) {
  const DeviceUsage& devices = level.devices;
  std::vector<std::string> parts;
  if (devices.energy_joules > 0) {
    parts.push_back(absl::StrFormat("%.1f W on average, %.3g J an image", devices.mean_watts,
                                    level.energy_per_image()));
  }
  for (const auto& [number, gpu] : devices.gpus) {
    parts.push_back(absl::StrFormat("GPU %s (%s): %s busy, %.0f W, %.0f MiB, %.0f MHz", number,
                                    gpu.name, FormatPercent(gpu.utilization), gpu.power_watts,
                                    gpu.memory_used_bytes / (1 << 20), gpu.sm_clock_hertz / 1e6));
  }
  return absl::StrJoin(parts, "; ");
}

std::string BatchesLine(const StageBatches& batches) {
  std::vector<std::string> bars;
  for (const auto& [size, count] : batches.batches) {
    bars.push_back(std::isfinite(size) ? absl::StrFormat("%.0f: %.0f", size, count)
                                       : absl::StrFormat("more: %.0f", count));
  }
  return absl::StrFormat("%.0f batches, mean %.2f (%s), %s of the rows padding", batches.count,
                         batches.mean(), absl::StrJoin(bars, ", "),
                         FormatPercent(batches.padding_share()));
}

std::string StepsTogetherLine(const ServerUsage& usage) {
  return absl::StrFormat("%s of the batches mix step indices, %.3f joins a step (%.0f)",
                         FormatPercent(usage.mixed_step_share()), usage.joins_per_step(),
                         usage.joins);
}

std::string PixelsLine(const PixelCheckResult& pixels) {
  std::string line = absl::StrFormat(
      "%d compared, %d identical, %d beyond tolerance, %d skipped; %d made twice alone, %d "
      "different",
      pixels.checked, pixels.identical, pixels.mismatched, pixels.skipped, pixels.repeated,
      pixels.unrepeatable);
  if (!pixels.first_problem.empty()) absl::StrAppend(&line, " (", pixels.first_problem, ")");
  return line;
}

std::string FigureLine(const workload::RepeatedFigure& figure) {
  if (figure.runs == 0) return "-";
  std::string line = absl::StrFormat("%.5g", figure.mean);
  if (figure.interval.has_value()) {
    absl::StrAppendFormat(&line, ", 95 %% in [%.5g, %.5g]", figure.interval->low,
                          figure.interval->high);
  }
  if (figure.variation > 0) absl::StrAppend(&line, ", varies by ", FormatPercent(figure.variation));
  return line;
}

}  // namespace strobe::client
