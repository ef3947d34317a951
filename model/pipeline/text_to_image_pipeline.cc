#include "model/pipeline/text_to_image_pipeline.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/all.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "model/pipeline/graph_capture.h"
#include "model/pipeline/guided_prediction.h"
#include "model/pipeline/model_settings.h"
#include "model/pipeline/sample_decoding.h"
#include "model/pipeline/torch_call.h"
#include "model/sampling/few_step_sampler.h"
#include "model/sampling/seeded_noise.h"

namespace strobe::model {
namespace {

absl::Status CheckSameSize(TextToImagePipeline::Batch batch) {
  for (const PipelineSample* sample : batch) {
    if (sample->spec.width != batch[0]->spec.width ||
        sample->spec.height != batch[0]->spec.height) {
      return absl::InvalidArgumentError("the samples of a batch differ in width or height");
    }
  }
  return absl::OkStatus();
}

// [C, h, w] from [C, h, w] or [1, C, h, w], of finite values.
absl::StatusOr<at::Tensor> GivenNoise(const at::Tensor& given, at::IntArrayRef shape,
                                      absl::string_view name) {
  const at::Tensor noise = given.dim() == 4 && given.size(0) == 1 ? given.squeeze(0) : given;
  if (noise.sizes() != shape || !noise.is_floating_point()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " must be floating-point of shape [", absl::StrJoin(shape, ", "), "], is ",
        c10::toString(given.scalar_type()), " [", absl::StrJoin(given.sizes(), ", "), "]"));
  }
  if (!at::isfinite(noise).all().item<bool>()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " has values that are not finite"));
  }
  return noise.to(at::kCPU, at::kFloat).contiguous();
}

// Where the noise of a sample's next step comes from.
NoiseSource NoiseOfStep(const PipelineSample& sample) {
  NoiseSource source{sample.spec.seed, StepNoiseStream(sample.steps_done), at::Tensor()};
  const auto step = static_cast<size_t>(sample.steps_done);
  if (step < sample.given_step_noise.size()) source.given = sample.given_step_noise[step];
  return source;
}

}  // namespace

TextToImagePipeline::TextToImagePipeline(PipelineComponents parts, const Options& options)
    : parts_(std::move(parts)), options_(options), calls_(options, GraphCaptureFor(options)) {}

absl::StatusOr<StepTable> TextToImagePipeline::StepTableOf(int num_inference_steps) const {
  const ModelDescription& model = parts_.description;
  return ChooseStepTable(parts_.steps,
                         {num_inference_steps, model.default_width, model.default_height}, {});
}

int64_t TextToImagePipeline::EstimateBatchBytes(int64_t batch_size, int width, int height) const {
  const int64_t rows = geometry().rows(height);
  const int64_t columns = geometry().columns(width);
  const ImageDecoder& decoder = parts_.autoencoder->decoder();
  const auto bytes = [](int64_t elements, at::ScalarType dtype) {
    return elements * static_cast<int64_t>(c10::elementSize(dtype));
  };
  return batch_size *
         std::max(bytes(parts_.denoiser->EstimateActivations(rows, columns), options_.dtype),
                  bytes(decoder.EstimateActivations(rows, columns), decoder.dtype()));
}

absl::StatusOr<std::vector<at::Tensor>> TextToImagePipeline::Decode(Batch batch) {
  return DecodeWith(parts_.autoencoder->decoder(), Stage::kDecode, batch);
}

absl::StatusOr<at::Tensor> TextToImagePipeline::DecodeInFloat32(const PipelineSample& sample) {
  return DecodeSampleInFloat32(parts_.autoencoder->decoder(), sample, options_.device);
}

absl::StatusOr<std::vector<at::Tensor>> TextToImagePipeline::DecodePreviews(Batch batch) {
  return DecodeWith(parts_.previews(), Stage::kPreview, batch);
}

absl::StatusOr<std::vector<at::Tensor>> TextToImagePipeline::DecodeWith(const ImageDecoder& decoder,
                                                                        Stage stage, Batch batch) {
  STROBE_RETURN_IF_ERROR(CheckSameSize(batch));
  return DecodeSamples(decoder, stage, batch, options_.device, calls_);
}

absl::Status TextToImagePipeline::CheckSpec(const GenerationSpec& spec,
                                            const SamplingOverrides& overrides) const {
  const ModelDescription& model = parts_.description;
  const ModelManifest& manifest = parts_.steps.manifest;
  const bool any_size = overrides.beyond_offer && manifest.min_size == 0 && manifest.max_size == 0;
  for (const int side : {spec.width, spec.height}) {
    const bool offered = any_size ? side > 0 : side >= model.min_size && side <= model.max_size;
    if (!offered || side % model.size_multiple != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "size ", spec.width, "x", spec.height, " is not offered: width and height must be ",
          "multiples of ", model.size_multiple, " from ", model.min_size, " to ", model.max_size));
    }
  }
  const std::vector<int>& offered = model.num_inference_steps;
  const bool any_steps = overrides.any_step_count || !overrides.timesteps.empty() ||
                         (overrides.beyond_offer && manifest.num_inference_steps.empty());
  if (!any_steps &&
      std::find(offered.begin(), offered.end(), spec.num_inference_steps) == offered.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        spec.num_inference_steps, " steps are not offered, only ", absl::StrJoin(offered, ", ")));
  }
  if (!(std::isfinite(spec.guidance_scale) && spec.guidance_scale >= 0.0f)) {
    return absl::InvalidArgumentError(
        absl::StrCat("guidance scale ", spec.guidance_scale, " must be a number from 0 up"));
  }
  return absl::OkStatus();
}

absl::Status TextToImagePipeline::DrawStartNoise(const SamplingOverrides& overrides,
                                                 PipelineSample& sample) const {
  const int64_t shape[] = {geometry().channels, geometry().rows(sample.spec.height),
                           geometry().columns(sample.spec.width)};
  at::Tensor noise;
  if (overrides.initial_noise.defined()) {
    STROBE_ASSIGN_OR_RETURN(noise, GivenNoise(overrides.initial_noise, shape, "initial_noise"));
  } else {
    noise = UnitNormal(sample.spec.seed, kInitialNoiseStream, shape, options_.device);
  }
  for (size_t i = 0; i < overrides.step_noise.size(); ++i) {
    sample.given_step_noise.emplace_back();
    if (!overrides.step_noise[i].defined()) continue;
    STROBE_ASSIGN_OR_RETURN(
        sample.given_step_noise.back(),
        GivenNoise(overrides.step_noise[i], shape, absl::StrCat("step_noise_", i)));
  }
  sample.initial_noise = noise.to(options_.device);
  sample.latents = sample.initial_noise * sample.steps.initial_noise_scale;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PipelineSample>> TextToImagePipeline::CreateSample(
    const GenerationSpec& spec, const SamplingOverrides& overrides) {
  STROBE_RETURN_IF_ERROR(CheckSpec(spec, overrides));
  auto sample = std::make_unique<PipelineSample>();
  sample->spec = spec;
  STROBE_ASSIGN_OR_RETURN(
      sample->steps,
      ChooseStepTable(parts_.steps, {spec.num_inference_steps, spec.width, spec.height},
                      overrides));
  sample->guidance_weight =
      parts_.steps.family->GuidanceWeight(spec.guidance_scale, parts_.denoiser->facts());
  sample->zero_negative = parts_.zero_empty_negative_prompt && spec.negative_prompt.empty() &&
                          !overrides.embed_empty_negative_prompt;
  STROBE_RETURN_IF_ERROR(CallTorch("creating a sample", [&] {
    sample->tokens = parts_.prompt_encoder.Tokenize(spec.prompt);
    return DrawStartNoise(overrides, *sample);
  }));
  return sample;
}

absl::Status TextToImagePipeline::EncodePrompts(Batch batch) {
  if (batch.empty()) return absl::OkStatus();
  return CallTorch("encoding prompts", [&] {
    Encode(batch);
    SynchronizeDevice(options_.device);
    return absl::OkStatus();
  });
}

void TextToImagePipeline::Encode(Batch batch) {
  std::vector<PromptTokens> prompts;
  std::vector<PromptEmbeds*> destinations;
  for (PipelineSample* sample : batch) {
    prompts.push_back(sample->tokens);
    destinations.push_back(&sample->prompt);
  }
  for (PipelineSample* sample : batch) {
    if (!sample->guided() || sample->zero_negative) continue;
    prompts.push_back(parts_.prompt_encoder.Tokenize(sample->spec.negative_prompt));
    destinations.push_back(&sample->negative);
  }
  for (const std::vector<size_t>& group : GroupByLength(prompts)) {
    std::vector<PromptTokens> together;
    for (const size_t i : group) together.push_back(prompts[i]);
    const std::vector<PromptEmbeds> embeds =
        parts_.prompt_encoder.Encode(together, options_.device, calls_.rows_of_call());
    calls_.Report(Stage::kEncodePrompt, static_cast<int64_t>(group.size()), calls_.rows_of_call());
    for (size_t i = 0; i < group.size(); ++i) *destinations[group[i]] = embeds[i];
  }
  for (PipelineSample* sample : batch) {
    if (!sample->guided() || !sample->zero_negative) continue;
    sample->negative.context = at::zeros_like(sample->prompt.context);
    sample->negative.context_mask = sample->prompt.context_mask;
    if (!sample->prompt.pooled.defined()) continue;
    sample->negative.pooled = at::zeros_like(sample->prompt.pooled);
  }
}

void TextToImagePipeline::TakeSteps(Batch batch) {
  std::vector<StepRule> rules;
  std::vector<NoiseSource> sources;
  std::vector<at::Tensor> latents, start_noise;
  for (const PipelineSample* sample : batch) {
    rules.push_back(RuleOfStep(sample->steps, sample->steps_done));
    sources.push_back(NoiseOfStep(*sample));
    latents.push_back(sample->latents);
    start_noise.push_back(sample->initial_noise);
  }
  const at::Tensor x = at::stack(latents);
  const at::Tensor output =
      PredictWithGuidance(*parts_.steps.family, *parts_.denoiser, batch, x, calls_);
  const StepResult result = DrawAndApplyStep(output, x, rules, at::stack(start_noise), sources);
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    PipelineSample& sample = *batch[i];
    sample.denoised = result.denoised.select(0, row);
    sample.latents = result.latents.select(0, row);
    sample.step_noise = rules[i].DrawsNoise() ? result.noise.select(0, row) : at::Tensor();
    ++sample.steps_done;
  }
}

absl::Status TextToImagePipeline::DenoiseStep(Batch batch) {
  if (batch.empty()) return absl::OkStatus();
  STROBE_RETURN_IF_ERROR(CheckSameSize(batch));
  for (const PipelineSample* sample : batch) {
    if (sample->finished()) return absl::FailedPreconditionError("a sample is finished");
    if (!sample->prompt.context.defined() ||
        (sample->guided() && !sample->negative.context.defined())) {
      return absl::FailedPreconditionError("a sample's prompt is not encoded");
    }
  }
  return CallTorch("denoising", [&] {
    TakeSteps(batch);
    SynchronizeDevice(options_.device);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::unique_ptr<TextToImagePipeline>> TextToImagePipeline::Load(
    const std::string& directory, const Options& options) {
  STROBE_RETURN_IF_ERROR(CheckDevice(options.device));
  STROBE_ASSIGN_OR_RETURN(const CheckpointDirectory checkpoint,
                          CheckpointDirectory::Open(directory));
  Options chosen = options;
  chosen.dtype = ChooseDtype(checkpoint.manifest(), options);
  // Who asks for float32 does not want the ten bits of TF32; a decoder that stays float32 in a
  // model of 16 bits may have them.
  if (chosen.dtype == at::kFloat) {
    at::globalContext().setFloat32Precision(at::Float32Backend::CUDA, at::Float32Op::CONV,
                                            at::Float32Precision::IEEE);
  }
  absl::StatusOr<PipelineComponents> parts = absl::InternalError("");
  STROBE_RETURN_IF_ERROR(CallTorch(absl::StrCat("loading ", directory), [&] {
    parts = LoadPipelineComponents(checkpoint, chosen);
    return parts.status();
  }));
  parts->description.dtype = DtypeName(chosen.dtype);
  return std::unique_ptr<TextToImagePipeline>(new TextToImagePipeline(*std::move(parts), chosen));
}

}  // namespace strobe::model
