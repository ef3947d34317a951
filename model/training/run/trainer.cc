#include "model/training/run/trainer.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include <sys/resource.h>

#include <c10/core/CachingDeviceAllocator.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/image_io/image_codec.h"
#include "model/training/run/metrics_plot.h"
#include "model/training/run/training_checkpoint.h"

namespace strobe::model {
namespace {

constexpr char kPeakMemory[] = "peak_memory_mib";
constexpr char kPeakDeviceMemory[] = "peak_device_memory_mib";

bool Due(int64_t steps_done, int64_t every, int64_t num_steps) {
  return every > 0 && (steps_done % every == 0 || steps_done == num_steps);
}

std::string Clock(double seconds) {
  const int64_t whole = std::llround(seconds);
  return absl::StrFormat("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
}

// The most memory that this process ever held, and the most that its tensors took on the GPU that
// `stage` is on, in MiB.
std::map<std::string, double> PeakMemory(const TrainingStage& stage) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::map<std::string, double> peaks = {
      {kPeakMemory, static_cast<double>(usage.ru_maxrss) / 1024}};
  const StateDict state = stage.State();
  if (state.empty() || !state.begin()->second.is_cuda()) return peaks;
  const at::Device device = state.begin()->second.device();
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  peaks[kPeakDeviceMemory] = static_cast<double>(stats.allocated_bytes[0].peak) / (1 << 20);
  return peaks;
}

std::string MemoryText(const std::map<std::string, double>& peaks) {
  std::string text = absl::StrFormat("%.0f MiB", peaks.at(kPeakMemory));
  const auto device = peaks.find(kPeakDeviceMemory);
  if (device != peaks.end()) absl::StrAppendFormat(&text, ", GPU %.0f MiB", device->second);
  return text;
}

absl::Status Annotate(const TrainingStage& stage, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(stage.name(), ": ", status.message()));
}

}  // namespace

absl::Status Trainer::Run(TrainingStage& stage, const std::string& configuration) {
  configuration_ = configuration;
  try {
    const absl::StatusOr<std::optional<int64_t>> restored =
        RestoreCheckpoint(PathOf(stage, ".safetensors"), stage.State(), configuration_);
    if (!restored.ok()) return Annotate(stage, restored.status());
    const int64_t steps_done = restored->value_or(0);
    if (steps_done > 0) {
      options_.progress(absl::StrCat(stage.name(), ": resumed after ", steps_done, " of ",
                                     stage.num_steps(), " steps"));
    }
    return Annotate(stage, RunSteps(stage, steps_done));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(stage.name(), ": ", error.what()));
  }
}

absl::Status Trainer::RunSteps(TrainingStage& stage, int64_t first_step) {
  double since = options_.seconds();
  int64_t steps_since = 0;
  for (int64_t step = first_step; step < stage.num_steps(); ++step) {
    STROBE_ASSIGN_OR_RETURN(const StepReport report, stage.RunStep(step));
    const int64_t steps_done = step + 1;
    ++steps_since;
    if (Due(steps_done, options_.log_every, stage.num_steps())) {
      const double elapsed = std::max(options_.seconds() - since, 1e-6);
      const double rate = static_cast<double>(steps_since * stage.batch_size()) / elapsed;
      STROBE_RETURN_IF_ERROR(Report(stage, steps_done, report, rate));
      since = options_.seconds();
      steps_since = 0;
    }
    STROBE_RETURN_IF_ERROR(AfterStep(stage, steps_done));
  }
  return absl::OkStatus();
}

absl::Status Trainer::AfterStep(TrainingStage& stage, int64_t steps_done) {
  const bool interrupted = options_.interrupted != nullptr && options_.interrupted->load();
  if (interrupted || Due(steps_done, options_.checkpoint_every, stage.num_steps())) {
    STROBE_RETURN_IF_ERROR(Save(stage, steps_done));
  }
  if (interrupted) {
    return absl::CancelledError(
        absl::StrCat("interrupted; saved after ", steps_done, " steps, run again to go on"));
  }
  if (Due(steps_done, options_.sheet_every, stage.num_steps())) {
    return WriteSheet(stage, steps_done);
  }
  return absl::OkStatus();
}

absl::Status Trainer::Report(const TrainingStage& stage, int64_t steps_done,
                             const StepReport& report, double samples_per_second) {
  const double left = static_cast<double>((stage.num_steps() - steps_done) * stage.batch_size());
  const std::map<std::string, double> memory = PeakMemory(stage);
  options_.progress(absl::StrFormat("%-12s %6d/%d  loss %.5f  %.1f samples/s  %s  %s left",
                                    stage.name(), steps_done, stage.num_steps(), report.loss,
                                    samples_per_second, MemoryText(memory),
                                    Clock(left / samples_per_second)));
  nlohmann::json line = {{"stage", std::string(stage.name())},
                         {"step", steps_done},
                         {"loss", report.loss},
                         {"gradient_norm", report.gradient_norm},
                         {"learning_rate", report.learning_rate},
                         {"samples_per_second", samples_per_second}};
  for (const auto& [name, value] : memory) line[name] = value;
  for (const auto& [name, value] : report.extras) line[name] = value;
  return AppendToFile(MetricsPath(), line.dump() + "\n");
}

absl::Status Trainer::Save(const TrainingStage& stage, int64_t steps_done) {
  return SaveCheckpoint(PathOf(stage, ".safetensors"), stage.State(), steps_done, configuration_);
}

absl::Status Trainer::WriteSheet(TrainingStage& stage, int64_t steps_done) {
  STROBE_RETURN_IF_ERROR(WriteCurves());
  STROBE_ASSIGN_OR_RETURN(const std::optional<RgbImage> sheet, stage.SampleSheet());
  if (!sheet.has_value()) return absl::OkStatus();
  STROBE_ASSIGN_OR_RETURN(const std::string png, EncodeImage(*sheet, ImageFormat::kPng, 0));
  return WriteFile(PathOf(stage, absl::StrFormat("-%06d.png", steps_done)), png);
}

absl::Status Trainer::WriteCurves() const {
  // No metrics yet: no line of them was due.
  const std::string metrics = ReadFile(MetricsPath()).value_or("");
  return WriteFile(absl::StrCat(options_.directory, "/curves.svg"), LossCurvesSvg(metrics));
}

std::string Trainer::MetricsPath() const {
  return absl::StrCat(options_.directory, "/metrics.jsonl");
}

std::string Trainer::PathOf(const TrainingStage& stage, absl::string_view suffix) const {
  return absl::StrCat(options_.directory, "/", stage.name(), suffix);
}

}  // namespace strobe::model
