#include "model/tools/model_report.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "model/pipeline/model_settings.h"

namespace strobe::model {
namespace {

struct WeightCount {
  int64_t parameters = 0;
  int64_t bytes = 0;
  std::map<at::ScalarType, int64_t> by_dtype;  // parameters
};

WeightCount CountWeights(const StateDict& weights) {
  WeightCount count;
  for (const auto& [name, tensor] : weights) {
    if (!tensor.is_floating_point()) continue;  // position_ids of old files
    count.parameters += tensor.numel();
    count.bytes += static_cast<int64_t>(tensor.nbytes());
    count.by_dtype[tensor.scalar_type()] += tensor.numel();
  }
  return count;
}

std::string Mebibytes(double bytes) { return absl::StrFormat("%.1f MiB", bytes / (1 << 20)); }

std::string NameOf(at::ScalarType dtype) {
  const bool common = dtype == at::kFloat || dtype == at::kHalf || dtype == at::kBFloat16;
  return common ? DtypeName(dtype) : c10::toString(dtype);
}

std::string DtypeNames(const WeightCount& count) {
  std::vector<std::string> names;
  for (const auto& [dtype, parameters] : count.by_dtype) names.push_back(NameOf(dtype));
  return absl::StrJoin(names, " and ");
}

const char* NameOf(PredictionType type) {
  switch (type) {
    case PredictionType::kEpsilon:
      return "epsilon";
    case PredictionType::kSample:
      return "sample";
    case PredictionType::kVPrediction:
      return "v_prediction";
    case PredictionType::kFlow:
      return "flow";
    case PredictionType::kTrigFlow:
      return "trigflow";
  }
  return "";
}

}  // namespace

at::ScalarType DtypeOfFiles(const CheckpointDirectory& directory, const ModelFamily& family) {
  const auto weights = directory.ReadWeights(family.component(ComponentRole::kDenoiser).folder);
  at::ScalarType most = at::kFloat;
  if (!weights.ok()) return most;
  int64_t parameters = 0;
  for (const auto& [dtype, count] : CountWeights(*weights).by_dtype) {
    if (count <= parameters || (dtype != at::kHalf && dtype != at::kBFloat16)) continue;
    parameters = count;
    most = dtype;
  }
  return most;
}

void ReportComponents(const CheckpointDirectory& directory, const ModelFamily& family,
                      std::ostream& out) {
  const ModelManifest& manifest = directory.manifest();
  out << "directory      " << directory.path() << "\n"
      << "pipeline       " << directory.pipeline_class() << "\n";
  if (!manifest.base.empty()) out << "base           " << manifest.base << "\n";
  for (const LoraReference& lora : manifest.lora) {
    out << "lora           " << lora.path << " x " << lora.scale << "\n";
  }
  WeightCount total;
  for (const ComponentSpec& component : family.components()) {
    const std::string name = directory.ComponentClass(component.folder);
    out << absl::StrFormat("  %-14s %s", component.folder, name.empty() ? "(none)" : name);
    if (component.has_weights()) {
      if (const auto weights = directory.ReadWeights(component.folder); weights.ok()) {
        const WeightCount count = CountWeights(*weights);
        total.parameters += count.parameters;
        total.bytes += count.bytes;
        out << absl::StrFormat(", %d parameters, %s of %s: %s", count.parameters,
                               Mebibytes(static_cast<double>(count.bytes)), DtypeNames(count),
                               directory.WeightsPath(component.folder));
      } else {
        out << ", " << weights.status().message();
      }
    }
    out << "\n";
  }
  const double parameters = static_cast<double>(total.parameters);
  out << "weights        " << Mebibytes(static_cast<double>(total.bytes)) << " on disk, "
      << Mebibytes(parameters * 4) << " as float32, " << Mebibytes(parameters * 2)
      << " as float16 or bfloat16\n";
}

void ReportOffer(const TextToImagePipeline& pipeline, std::ostream& out) {
  const ModelDescription& model = pipeline.description();
  const LatentGeometry& latents = pipeline.geometry();
  std::string guidance = "not offered";
  if (model.supports_guidance) {
    guidance = absl::StrCat("offered, ", model.default_guidance_scale, " by default",
                            model.guidance_is_distilled ? ", distilled into the denoiser" : "");
  }
  out << "name           " << model.name << "\n"
      << "size           " << model.default_width << "x" << model.default_height
      << " by default, multiples of " << model.size_multiple << " from " << model.min_size << " to "
      << model.max_size << "\n"
      << "latent         " << latents.channels << " x " << latents.rows(model.default_height)
      << " x " << latents.columns(model.default_width)
      << " (channels, rows, columns at the default size)\n"
      << "prompt         " << model.max_prompt_tokens << " tokens\n"
      << "guidance       " << guidance << "\n"
      << "steps          " << absl::StrJoin(model.num_inference_steps, ", ") << "; "
      << model.default_num_inference_steps << " by default\n";
}

void ReportMemory(const TextToImagePipeline& pipeline, std::ostream& out) {
  const ModelDescription& model = pipeline.description();
  out << "\nmemory beside the weights, estimated, networks in " << DtypeName(pipeline.dtype())
      << " (guidance takes two rows an image)\n      size    batch 1    batch 2    batch 4    "
         "batch 8\n";
  std::vector<std::pair<int, int>> sizes = {{model.min_size, model.min_size},
                                            {model.default_width, model.default_height},
                                            {model.max_size, model.max_size}};
  for (const auto& [width, height] : sizes) {
    out << absl::StrFormat("%10s", absl::StrCat(width, "x", height));
    for (const int batch : {1, 2, 4, 8}) {
      const auto bytes = static_cast<double>(pipeline.EstimateBatchBytes(batch, width, height));
      out << absl::StrFormat(" %10s", absl::StrFormat("%.1f MiB", bytes / (1 << 20)));
    }
    out << "\n";
  }
}

void ReportStepTable(int count, const StepTable& table, std::ostream& out) {
  out << absl::StrFormat(
      "\n%d step%s: prediction %s, start noise x %.5f%s%s\n", count, count == 1 ? "" : "s",
      NameOf(table.prediction_type), table.initial_noise_scale,
      table.noise_correction ? ", noise correction" : "", table.clip_sample ? ", x0 clipped" : "");
  out << "   timestep     alpha     sigma  next alpha  next sigma       rho\n";
  for (const StepRow& row : table.rows) {
    out << absl::StrFormat("  %9g  %8.6f  %8.6f    %8.6f    %8.6f  %8.6f\n", row.timestep,
                           row.level.alpha, row.level.sigma, row.next.alpha, row.next.sigma,
                           row.rho);
  }
}

}  // namespace strobe::model
