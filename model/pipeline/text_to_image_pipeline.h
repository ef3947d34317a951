// A loaded model as three batched stages: encode prompts, denoise one step, decode.

#ifndef STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_
#define STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/pipeline/network_calls.h"
#include "model/pipeline/pipeline_components.h"
#include "model/pipeline/pipeline_options.h"
#include "model/pipeline/pipeline_sample.h"
#include "model/pipeline/rgb_image.h"
#include "model/spec/generation_types.h"
#include "model/spec/latent_geometry.h"
#include "model/spec/model_description.h"
#include "model/spec/stage.h"

namespace strobe::model {

// Reads a diffusers directory and runs it. Row i of any batch gives the same pixels as a batch of
// one, up to float rounding; rows may be at different steps of different step tables, but must
// agree in width and height. A stage returns when the device has finished it. Several threads may
// call at the same time, as long as a sample is in one call at a time. No method throws: what
// LibTorch throws comes back as StatusOfException says: RESOURCE_EXHAUSTED when memory ran out, and
// the samples are as before; UNAVAILABLE when the device is lost; else INTERNAL.
class TextToImagePipeline {
 public:
  using Options = PipelineOptions;
  using Batch = absl::Span<PipelineSample* const>;

  // Loads `directory`. NOT_FOUND and INVALID_ARGUMENT name the file and the reason: a missing or
  // truncated file, a class that is not supported, tensors that do not fit, a device that is not
  // there; every problem of every component in one error. Pipelines: StableDiffusionPipeline,
  // StableDiffusionXLPipeline and LatentConsistencyModelPipeline.
  static absl::StatusOr<std::unique_ptr<TextToImagePipeline>> Load(const std::string& directory,
                                                                   const Options& options);

  TextToImagePipeline(const TextToImagePipeline&) = delete;
  TextToImagePipeline& operator=(const TextToImagePipeline&) = delete;

  const ModelDescription& description() const { return parts_.description; }
  const LatentGeometry& geometry() const { return parts_.steps.geometry; }
  at::ScalarType dtype() const { return options_.dtype; }  // of the networks

  // The step table of `num_inference_steps` steps at the default size. Errors as CreateSample.
  absl::StatusOr<StepTable> StepTableOf(int num_inference_steps) const;

  // Memory that a batch of `batch_size` guided or unguided rows needs beside the weights: an
  // estimate for planning. Sizes in pixels.
  int64_t EstimateBatchBytes(int64_t batch_size, int width, int height) const;

  // Starts one image: tokenizes, chooses the step table, draws the start noise from the seed.
  // INVALID_ARGUMENT when the step count or the size is not offered, or an override does not fit.
  // Explicit timesteps may have any count. Classifier-free guidance is active above a scale of 1,
  // offered or not, unless the denoiser has guidance distilled in.
  absl::StatusOr<std::unique_ptr<PipelineSample>> CreateSample(const GenerationSpec& spec,
                                                               const SamplingOverrides& overrides);

  // Fills the embeddings of every sample.
  absl::Status EncodePrompts(Batch batch);

  // Moves every sample one step forward. FAILED_PRECONDITION when one is not encoded or finished.
  absl::Status DenoiseStep(Batch batch);

  // Decodes the latents of finished samples, x0hat of unfinished ones. Float32 [C, H, W] in 0..1,
  // one for each sample, not rounded.
  absl::StatusOr<std::vector<at::Tensor>> Decode(Batch batch);

  // The same for one sample, computed in float32 from weights that are widened a layer at a time:
  // for a picture that is not finite in 16 bits. FAILED_PRECONDITION when the decoder computes in
  // float32 anyway, INTERNAL when the latents themselves are not finite: then nothing can be
  // decoded from them.
  absl::StatusOr<at::Tensor> DecodeInFloat32(const PipelineSample& sample);

  // As Decode, with the model's preview decoder, which is faster and less exact, where it has one.
  absl::StatusOr<std::vector<at::Tensor>> DecodePreviews(Batch batch);

 private:
  TextToImagePipeline(PipelineComponents parts, const Options& options);

  absl::Status CheckSpec(const GenerationSpec& spec, const SamplingOverrides& overrides) const;
  absl::Status DrawStartNoise(const SamplingOverrides& overrides, PipelineSample& sample) const;
  void Encode(Batch batch);
  void TakeSteps(Batch batch);
  absl::StatusOr<std::vector<at::Tensor>> DecodeWith(const ImageDecoder& decoder, Stage stage,
                                                     Batch batch);

  PipelineComponents parts_;
  Options options_;
  NetworkCalls calls_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_
