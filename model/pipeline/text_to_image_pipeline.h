// A loaded model as three batched stages: encode prompts, denoise one step, decode.

#ifndef STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_
#define STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/spec/generation_types.h"
#include "model/spec/model_description.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// One image in the making. Created by TextToImagePipeline::CreateSample, moved forward by the three
// stages, owned by the caller. Tensors have no batch dimension, so that a sample may join another
// batch at every step.
struct PipelineSample {
  GenerationSpec spec;
  StepTable steps;
  int steps_done = 0;
  bool prompt_truncated = false;
  at::Tensor input_ids;        // int64 [tokens]
  at::Tensor prompt_embeds;    // [tokens, width]; set by EncodePrompts
  at::Tensor negative_embeds;  // [tokens, width]; only with guidance
  at::Tensor initial_noise;    // float32 [C, h, w], unit variance
  at::Tensor latents;          // float32 [C, h, w], variance-preserving convention
  at::Tensor denoised;         // float32 [C, h, w], x0hat of the last step
  at::Tensor step_noise;       // float32 [C, h, w], what the last step drew; undefined if nothing
  // Taken in place of the noise drawn at step i; shorter or undefined: drawn from the seed.
  std::vector<at::Tensor> given_step_noise;
};

// The overrides of `strobe-model generate`; absent fields leave the model's own choice.
struct SamplingOverrides {
  std::vector<double> timesteps;  // explicit labels, descending, one for each inference step
  std::optional<double> eta;      // DDIM's eta
  std::optional<bool> noise_correction;
  at::Tensor initial_noise;            // unit variance, [C, h, w] or [1, C, h, w]
  std::vector<at::Tensor> step_noise;  // by step, the same shape; undefined: drawn from the seed
};

// Reads a diffusers directory and runs it. Row i of any batch gives the same pixels as a batch of
// one, up to float rounding; rows may be at different steps of different step tables, but must
// agree in width and height. A stage returns when the device has finished it. Several threads may
// call at the same time, as long as a sample is in one call at a time. No method throws: what
// LibTorch throws comes back as INTERNAL, or RESOURCE_EXHAUSTED when the device is out of memory.
class TextToImagePipeline {
 public:
  struct Options {
    at::Device device = at::kCPU;
    at::ScalarType dtype = at::kFloat;  // of the networks, but see DecoderDtype
  };

  // Loads `directory`. NOT_FOUND and INVALID_ARGUMENT name the file and the reason: a missing or
  // truncated file, a class that is not supported, tensors that do not fit, a device that is not
  // there. Pipelines: StableDiffusionPipeline and LatentConsistencyModelPipeline.
  static absl::StatusOr<std::unique_ptr<TextToImagePipeline>> Load(const std::string& directory,
                                                                   const Options& options);
  virtual ~TextToImagePipeline() = default;

  virtual const ModelDescription& description() const = 0;

  // Starts one image: tokenizes, chooses the step table, draws the start noise from the seed.
  // INVALID_ARGUMENT when the step count or the size is not offered, or an override does not fit.
  // Explicit timesteps may have any count. Guidance is active above a scale of 1, offered or not.
  virtual absl::StatusOr<std::unique_ptr<PipelineSample>> CreateSample(
      const GenerationSpec& spec, const SamplingOverrides& overrides) = 0;

  // Fills the embeddings of every sample.
  virtual absl::Status EncodePrompts(absl::Span<PipelineSample* const> batch) = 0;

  // Moves every sample one step forward. FAILED_PRECONDITION when one is not encoded or finished.
  virtual absl::Status DenoiseStep(absl::Span<PipelineSample* const> batch) = 0;

  // Decodes the latents of finished samples, x0hat of unfinished ones. Float32 [C, H, W] in 0..1,
  // one for each sample, not rounded.
  virtual absl::StatusOr<std::vector<at::Tensor>> Decode(
      absl::Span<PipelineSample* const> batch) = 0;
};

// Rounds a float [3, H, W] tensor in 0..1 to 8 bits, half to even as diffusers does. INTERNAL when
// a value is not finite.
absl::StatusOr<RgbImage> ToRgbImage(const at::Tensor& image);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_
