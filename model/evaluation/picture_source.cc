#include "model/evaluation/picture_source.h"

#include <algorithm>
#include <memory>

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
  for (size_t first = 0; first < prompts.size(); first += kBatch) {
    if (interrupted != nullptr && interrupted->load()) {
      return absl::CancelledError("interrupted; rows that are complete are kept");
    }
    std::vector<std::unique_ptr<PipelineSample>> samples;
    std::vector<PipelineSample*> batch;
    for (size_t i = first; i < std::min(first + kBatch, prompts.size()); ++i) {
      auto sample = pipeline.CreateSample(SpecOf(pipeline.description(), row, prompts[i], seed + i),
                                          overrides);
      if (!sample.ok()) return sample.status();
      batch.push_back(sample->get());
      samples.push_back(*std::move(sample));
    }
    absl::Status status = pipeline.EncodePrompts(batch);
    for (int step = 0; status.ok() && step < row.steps; ++step) {
      status = pipeline.DenoiseStep(batch);
    }
    if (!status.ok()) return status;
    const auto pictures = pipeline.Decode(batch);
    if (!pictures.ok()) return pictures.status();
    for (size_t i = 0; i < pictures->size(); ++i) {
      status = sink(first + i, (*pictures)[i]);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
