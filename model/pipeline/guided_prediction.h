// One call of the denoiser for a batch of samples, with whatever guidance each of them wants.

#ifndef STROBE_MODEL_PIPELINE_GUIDED_PREDICTION_H_
#define STROBE_MODEL_PIPELINE_GUIDED_PREDICTION_H_

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "model/denoiser/denoiser.h"
#include "model/pipeline/families/model_family.h"
#include "model/pipeline/network_calls.h"
#include "model/pipeline/pipeline_sample.h"

namespace strobe::model {

// The output of `denoiser` for `latents` [B, C, h, w], float32, one row a sample, each at its own
// next step. A guided sample takes a second row of the call, without its prompt, see
// PipelineSample::guidance_weight. What else a row is told is for `family` to say.
at::Tensor PredictWithGuidance(const ModelFamily& family, const Denoiser& denoiser,
                               absl::Span<PipelineSample* const> batch, const at::Tensor& latents,
                               NetworkCalls& calls);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_GUIDED_PREDICTION_H_
