#include "model/pipeline/model_settings.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/pipeline/torch_names.h"

namespace strobe::model {
namespace {

constexpr int kUnknownSampleSize = 64;
constexpr int kMaxDefaultSteps = 4;
constexpr int kMaxUnlistedSteps = 8;

std::string NameOf(const ModelManifest& manifest, const std::string& directory) {
  if (!manifest.name.empty()) return manifest.name;
  std::error_code error;
  std::filesystem::path path = std::filesystem::weakly_canonical(directory, error);
  if (error) path = directory;
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

void FillSizes(const StepSource& source, const DenoiserFacts& denoiser, ModelDescription& model) {
  const ModelManifest& manifest = source.manifest;
  const auto pixels = [&](int given, int64_t cells) {
    const int64_t side = cells > 0 ? cells : kUnknownSampleSize;
    return given > 0 ? given : static_cast<int>(side) * source.geometry.pixels_per_cell;
  };
  const int multiple = source.geometry.size_multiple();
  model.size_multiple = multiple;
  model.default_width = pixels(manifest.default_width, denoiser.sample_width);
  model.default_height = pixels(manifest.default_height, denoiser.sample_height);
  const int smaller = std::min(model.default_width, model.default_height);
  const int half = (smaller / 2 + multiple - 1) / multiple * multiple;
  model.min_size = manifest.min_size > 0 ? manifest.min_size : std::max(multiple, half);
  model.max_size = manifest.max_size > 0 ? manifest.max_size
                                         : 2 * std::max(model.default_width, model.default_height);
  model.warmup_sizes = manifest.warmup_sizes;
  if (model.warmup_sizes.empty()) {
    model.warmup_sizes.emplace_back(model.default_width, model.default_height);
  }
}

absl::Status CheckSizes(const ModelDescription& model) {
  std::vector<std::pair<int, int>> sizes = model.warmup_sizes;
  sizes.emplace_back(model.default_width, model.default_height);
  for (const auto& [width, height] : sizes) {
    for (const int side : {width, height}) {
      if (side % model.size_multiple != 0 || side < model.min_size || side > model.max_size) {
        return absl::InvalidArgumentError(absl::StrCat(
            "strobe.json: the size ", width, "x", height, " must be made of multiples of ",
            model.size_multiple, " from ", model.min_size, " to ", model.max_size));
      }
    }
  }
  return absl::OkStatus();
}

// Counts of the manifest must all work; of 1 to 8 those that the scheduler can do are offered.
absl::Status FillStepCounts(const StepSource& source, ModelDescription& model) {
  const ModelManifest& manifest = source.manifest;
  std::vector<int> candidates = manifest.num_inference_steps;
  if (candidates.empty()) {
    for (int count = 1; count <= kMaxUnlistedSteps; ++count) candidates.push_back(count);
    if (manifest.default_num_inference_steps > kMaxUnlistedSteps) {
      candidates.push_back(manifest.default_num_inference_steps);
    }
    for (const auto& [count, timesteps] : manifest.timesteps) {
      if (count > candidates.back()) candidates.push_back(count);
    }
  }
  absl::Status problem;
  for (const int count : candidates) {
    const absl::StatusOr<StepTable> table =
        ChooseStepTable(source, {count, model.default_width, model.default_height}, {});
    if (table.ok()) {
      model.num_inference_steps.push_back(count);
    } else {
      problem = table.status();
    }
  }
  const bool all_needed = !manifest.num_inference_steps.empty() || !manifest.timesteps.empty();
  if (!problem.ok() && (all_needed || model.num_inference_steps.empty())) return problem;
  model.default_num_inference_steps = model.num_inference_steps.front();
  for (const int count : model.num_inference_steps) {
    if (count <= kMaxDefaultSteps) model.default_num_inference_steps = count;
  }
  if (manifest.default_num_inference_steps > 0) {
    model.default_num_inference_steps = manifest.default_num_inference_steps;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ModelDescription> DescribeModel(const StepSource& source, const ModelFacts& facts) {
  const ModelManifest& manifest = source.manifest;
  ModelDescription model;
  model.name = NameOf(manifest, facts.directory);
  model.pipeline_class = std::string(source.family->pipeline_class());
  model.max_prompt_tokens = facts.max_prompt_tokens;
  model.guidance_is_distilled = facts.denoiser.takes_guidance;
  const double own_scale =
      model.guidance_is_distilled ? source.family->default_guidance_scale() : 1.0;
  model.default_guidance_scale =
      manifest.default_guidance_scale.value_or(static_cast<float>(own_scale));
  model.supports_guidance = manifest.supports_guidance || model.default_guidance_scale > 1.0f;
  FillSizes(source, facts.denoiser, model);
  STROBE_RETURN_IF_ERROR(CheckSizes(model));
  STROBE_RETURN_IF_ERROR(FillStepCounts(source, model));
  return model;
}

at::ScalarType ChooseDtype(const ModelManifest& manifest, const PipelineOptions& options) {
  if (options.dtype_beats_manifest || manifest.dtype.empty()) return options.dtype;
  return ScalarTypeOf(ParseDtype(manifest.dtype).value());  // checked when the manifest was read
}

std::string DtypeName(at::ScalarType dtype) {
  if (dtype == at::kHalf) return "float16";
  return dtype == at::kBFloat16 ? "bfloat16" : "float32";
}

absl::StatusOr<StepTable> ChooseStepTable(const StepSource& source, const StepChoice& choice,
                                          const SamplingOverrides& overrides) {
  const ModelManifest& manifest = source.manifest;
  StepTableRequest request;
  request.num_inference_steps = choice.num_inference_steps;
  request.timesteps = overrides.timesteps;
  const auto listed = manifest.timesteps.find(choice.num_inference_steps);
  if (request.timesteps.empty() && listed != manifest.timesteps.end()) {
    request.timesteps = listed->second;
  }
  request.eta = overrides.eta.value_or(manifest.eta);
  request.noise_correction = overrides.noise_correction.value_or(manifest.noise_correction);
  return source.builder.Build(
      source.family->Steps(std::move(request), source.geometry, choice.width, choice.height));
}

}  // namespace strobe::model
