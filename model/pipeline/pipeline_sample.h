// What travels through the stages of a pipeline: one image in the making.

#ifndef STROBE_MODEL_PIPELINE_PIPELINE_SAMPLE_H_
#define STROBE_MODEL_PIPELINE_PIPELINE_SAMPLE_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/spec/generation_types.h"
#include "model/spec/step_table.h"

namespace strobe::model {

// One prompt's ids, one int64 [tokens] for each text encoder.
struct PromptTokens {
  std::vector<at::Tensor> ids;
  bool truncated = false;  // the prompt had more tokens than fit
};

// One prompt's embeddings, without batch dimension.
struct PromptEmbeds {
  at::Tensor context;  // [tokens, context width]; undefined: not encoded
  at::Tensor pooled;   // [pooled width]; undefined: the family has none
};

// One image in the making. Created by TextToImagePipeline::CreateSample, moved forward by the three
// stages, owned by the caller. Tensors have no batch dimension, so that a sample may join another
// batch at every step.
struct PipelineSample {
  // All steps are done.
  bool finished() const { return steps_done >= static_cast<int>(steps.rows.size()); }

  GenerationSpec spec;
  StepTable steps;
  int steps_done = 0;
  bool guided = false;         // classifier-free guidance: a second row without the prompt
  bool zero_negative = false;  // guided against zeros in place of an embedding (SDXL)
  PromptTokens tokens;
  PromptEmbeds prompt;       // set by EncodePrompts
  PromptEmbeds negative;     // the same; only where guided
  at::Tensor initial_noise;  // float32 [C, h, w], unit variance
  at::Tensor latents;        // float32 [C, h, w], variance-preserving convention
  at::Tensor denoised;       // float32 [C, h, w], x0hat of the last step
  at::Tensor step_noise;     // float32 [C, h, w], what the last step drew; undefined if nothing
  // Taken in place of the noise drawn at step i; shorter or undefined: drawn from the seed.
  std::vector<at::Tensor> given_step_noise;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PIPELINE_SAMPLE_H_
