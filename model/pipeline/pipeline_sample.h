// What travels through the stages of a pipeline: one image in the making.

#ifndef STROBE_MODEL_PIPELINE_PIPELINE_SAMPLE_H_
#define STROBE_MODEL_PIPELINE_PIPELINE_SAMPLE_H_

#include <cstddef>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/spec/generation_types.h"
#include "model/spec/step_table.h"
#include "model/text/text_encoder.h"

namespace strobe::model {

// One prompt's tokens for each text encoder.
struct PromptTokens {
  std::vector<TextTokens> texts;
  bool truncated = false;  // the prompt had more tokens than fit
};

// One prompt's embeddings, without batch dimension.
struct PromptEmbeds {
  at::Tensor context = {};       // [text rows, context width]; undefined: not encoded
  at::Tensor pooled = {};        // [pooled width]; undefined: the family has none
  at::Tensor context_mask = {};  // bool [text rows], true: the row counts; undefined: all do

  PromptEmbeds Clone() const {
    const auto clone = [](const at::Tensor& t) { return t.defined() ? t.clone() : t; };
    return {clone(context), clone(pooled), clone(context_mask)};
  }

  size_t nbytes() const {
    size_t sum = 0;
    for (const at::Tensor& tensor : {context, pooled, context_mask}) {
      if (tensor.defined()) sum += tensor.nbytes();
    }
    return sum;
  }
};

// One image in the making. Created by TextToImagePipeline::CreateSample, moved forward by the three
// stages, owned by the caller. Tensors have no batch dimension, so that a sample may join another
// batch at every step.
struct PipelineSample {
  // All steps are done.
  bool finished() const { return steps_done >= static_cast<int>(steps.rows.size()); }
  // Takes a second row of each call, without its prompt.
  bool guided() const { return guidance_weight > 1.0; }

  GenerationSpec spec;
  StepTable steps;
  int steps_done = 0;
  // Classifier-free guidance: the output is that without the prompt plus so many times what the
  // prompt makes of it (Ho & Salimans 2022). Up to 1: the row with the prompt alone.
  double guidance_weight = 1.0;
  bool zero_negative = false;  // guided against zeros in place of an embedding (SDXL)
  PromptTokens tokens;
  PromptEmbeds prompt;       // set by EncodePrompts
  PromptEmbeds negative;     // the same; only where guided
  at::Tensor initial_noise;  // float32 [C, h, w], unit variance
  at::Tensor latents;        // float32 [C, h, w], in the convention of `steps`
  at::Tensor denoised;       // float32 [C, h, w], x0hat of the last step
  at::Tensor step_noise;     // float32 [C, h, w], what the last step drew; undefined if nothing
  // Taken in place of the noise drawn at step i; shorter or undefined: drawn from the seed.
  std::vector<at::Tensor> given_step_noise;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PIPELINE_SAMPLE_H_
