// A loaded model as three batched stages: encode prompts, denoise one step, decode.

#ifndef STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_
#define STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_

#include <cstdint>
#include <functional>
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
#include "model/pipeline/pipeline_sample.h"
#include "model/spec/generation_types.h"
#include "model/spec/model_description.h"
#include "model/spec/stage.h"

namespace strobe::model {

// The overrides of `strobe-model generate`; absent fields leave the model's own choice.
struct SamplingOverrides {
  std::vector<double> timesteps;  // explicit labels, descending, one for each inference step
  std::optional<double> eta;      // DDIM's and TCD's
  std::optional<bool> noise_correction;
  at::Tensor initial_noise;            // unit variance, [C, h, w] or [1, C, h, w]
  std::vector<at::Tensor> step_noise;  // by step, the same shape; undefined: drawn from the seed
  // An empty negative prompt is embedded even where the model takes zeros for an absent one.
  bool embed_empty_negative_prompt = false;
  // Sizes and step counts that the manifest does not limit are taken beyond their default limits.
  bool beyond_offer = false;
};

// Reads a diffusers directory and runs it. Row i of any batch gives the same pixels as a batch of
// one, up to float rounding; rows may be at different steps of different step tables, but must
// agree in width and height. A stage returns when the device has finished it. Several threads may
// call at the same time, as long as a sample is in one call at a time. No method throws: what
// LibTorch throws comes back as StatusOfException says: RESOURCE_EXHAUSTED when memory ran out, and
// the samples are as before; UNAVAILABLE when the device is lost; else INTERNAL.
class TextToImagePipeline {
 public:
  struct Options {
    at::Device device = at::kCPU;
    at::ScalarType dtype = at::kFloat;  // of the networks, but see DecoderDtype
    bool dtype_beats_manifest = false;  // else the manifest's `dtype`, where it has one, counts
    // Rows of every call of a network: what is missing is filled up, more is split, and a row's
    // bits then do not depend on who shares the batch. 0: as many rows as there are.
    int64_t rows_of_call = 0;
    // On CUDA, batches of up to so many samples are denoised and decoded as CUDA graphs, recorded
    // at the first call of each size: calls are filled up to a power of two of rows. 0: no graphs.
    int64_t max_graph_samples = 0;

    // Called on the calling threads; may be empty. After a stage's calls of a network: their rows
    // that are of samples, and those that were filled up.
    std::function<void(Stage stage, int64_t used, int64_t padding)> on_network_rows;
    // A call cannot be recorded, and is made without a graph from now on: why.
    std::function<void(const absl::Status&)> on_graph_refused;
  };

  // Loads `directory`. NOT_FOUND and INVALID_ARGUMENT name the file and the reason: a missing or
  // truncated file, a class that is not supported, tensors that do not fit, a device that is not
  // there; every problem of every component in one error. Pipelines: StableDiffusionPipeline,
  // StableDiffusionXLPipeline and LatentConsistencyModelPipeline.
  static absl::StatusOr<std::unique_ptr<TextToImagePipeline>> Load(const std::string& directory,
                                                                   const Options& options);
  virtual ~TextToImagePipeline() = default;

  virtual const ModelDescription& description() const = 0;
  virtual int latent_channels() const = 0;
  virtual at::ScalarType dtype() const = 0;  // of the networks

  // Memory that a batch of `batch_size` guided or unguided rows needs beside the weights: an
  // estimate for planning. Sizes in pixels.
  virtual int64_t EstimateBatchBytes(int64_t batch_size, int width, int height) const = 0;

  // Starts one image: tokenizes, chooses the step table, draws the start noise from the seed.
  // INVALID_ARGUMENT when the step count or the size is not offered, or an override does not fit.
  // Explicit timesteps may have any count. Classifier-free guidance is active above a scale of 1,
  // offered or not, unless the denoiser has guidance distilled in.
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

  // The same for one sample, computed in float32 from weights that are widened a layer at a time:
  // for a picture that is not finite in 16 bits. FAILED_PRECONDITION when the decoder computes in
  // float32 anyway, INTERNAL when the latents themselves are not finite: then nothing can be
  // decoded from them.
  virtual absl::StatusOr<at::Tensor> DecodeInFloat32(const PipelineSample& sample) = 0;

  // As Decode, with the model's preview decoder, which is faster and less exact, where it has one.
  virtual absl::StatusOr<std::vector<at::Tensor>> DecodePreviews(
      absl::Span<PipelineSample* const> batch) = 0;
};

// Rounds float [3, H, W] tensors in 0..1, of one size, to 8 bits on their device, half to even as
// diffusers does. INTERNAL for an image with a value that is not finite; for all when it fails.
std::vector<absl::StatusOr<RgbImage>> ToRgbImages(const std::vector<at::Tensor>& images);
absl::StatusOr<RgbImage> ToRgbImage(const at::Tensor& image);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_TEXT_TO_IMAGE_PIPELINE_H_
