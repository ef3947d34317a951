// Everything on the way from a prompt to an image, by the names of the trace file.

#ifndef STROBE_MODEL_TOOLS_GENERATION_TRACE_H_
#define STROBE_MODEL_TOOLS_GENERATION_TRACE_H_

#include <string>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/spec/generation_types.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Collects, each with a leading dimension of 1 unless said otherwise: input_ids, prompt_embeds,
// with two text encoders input_ids_2 and pooled_prompt_embeds, with guidance both embeddings again
// as negative_..., initial_noise, timesteps ([steps], float32), step_noise_<i> (if drawn),
// latents_<i>, image ([3, H, W], 0..1) and image_uint8 ([H, W, 3]).
class GenerationTrace {
 public:
  // Call after EncodePrompts and before the first step.
  void AddStart(const PipelineSample& sample);

  // Call after each step.
  void AddStep(const PipelineSample& sample);

  void AddImage(const at::Tensor& image, const RgbImage& rounded);

  const StateDict& tensors() const { return tensors_; }

 private:
  void AddPrompt(const std::string& prefix, const PromptEmbeds& prompt);

  StateDict tensors_;
};

// Reads `initial_noise` and `step_noise_<i>` from a safetensors file into `overrides`; both are
// optional, but one must be there. Names that start with neither are ignored.
absl::Status ReadInitialLatents(const std::string& path, SamplingOverrides& overrides);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_GENERATION_TRACE_H_
