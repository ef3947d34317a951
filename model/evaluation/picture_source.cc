#include "model/evaluation/picture_source.h"

#include <algorithm>
#include <memory>

#include "base/status_macros.h"
#include "model/spec/model_description.h"

namespace strobe::model {
namespace {

constexpr size_t kBatch = 50;

GenerationSpec SpecOf(const ModelDescription& model, const ComparisonRow& row,
                      const std::string& prompt, uint64_t seed) {
  GenerationSpec spec;
  spec.prompt = prompt;
  spec.seed = seed;
  spec.width = model.default_width;
  spec.height = model.default_height;
  spec.num_inference_steps = row.steps;
  spec.guidance_scale = row.guidance_scale.has_value() ? static_cast<float>(*row.guidance_scale)
                                                       : model.default_guidance_scale;
  return spec;
}

}  // namespace

absl::Status DrawPictures(TextToImagePipeline& pipeline, const ComparisonRow& row,
                          const std::vector<std::string>& prompts, uint64_t seed,
                          const std::atomic<bool>* interrupted, const PictureSink& sink) {
  SamplingOverrides overrides;
  overrides.noise_correction = row.noise_correction;
  overrides.any_step_count = true;  // curves go beyond what a student was made for
  for (size_t first = 0; first < prompts.size(); first += kBatch) {
    if (interrupted != nullptr && interrupted->load()) {
      return absl::CancelledError("interrupted; rows that are complete are kept");
    }
    std::vector<std::unique_ptr<PipelineSample>> samples;
    std::vector<PipelineSample*> batch;
    for (size_t i = first; i < std::min(first + kBatch, prompts.size()); ++i) {
      STROBE_ASSIGN_OR_RETURN(
          auto sample, pipeline.CreateSample(
                           SpecOf(pipeline.description(), row, prompts[i], seed + i), overrides));
      batch.push_back(sample.get());
      samples.push_back(std::move(sample));
    }
    STROBE_RETURN_IF_ERROR(pipeline.EncodePrompts(batch));
    for (int step = 0; step < row.steps; ++step) {
      STROBE_RETURN_IF_ERROR(pipeline.DenoiseStep(batch));
    }
    STROBE_ASSIGN_OR_RETURN(const auto pictures, pipeline.Decode(batch));
    for (size_t i = 0; i < pictures.size(); ++i) {
      STROBE_RETURN_IF_ERROR(sink(first + i, pictures[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
