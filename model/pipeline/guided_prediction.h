// One call of the denoiser for a batch of samples, with whatever guidance each of them wants.

#ifndef STROBE_MODEL_PIPELINE_GUIDED_PREDICTION_H_
#define STROBE_MODEL_PIPELINE_GUIDED_PREDICTION_H_

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/pipeline/network_calls.h"
#include "model/pipeline/pipeline_sample.h"

namespace strobe::model {

// The output of `unet` for `latents` [B, C, h, w], float32, one row a sample, each at its own next
// step. A sample with `guided` takes a second row of the call, without its prompt (Ho & Salimans
// 2022: uncond + scale * (cond - uncond)). A network with a guidance embedding gets the scale
// itself; SDXL's gets the pooled prompt and [height, width, 0, 0, height, width] in pixels, as
// diffusers fills original size, crop and target size.
at::Tensor PredictWithGuidance(const UNet2DConditionModel& unet,
                               absl::Span<PipelineSample* const> batch, const at::Tensor& latents,
                               NetworkCalls& calls);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_GUIDED_PREDICTION_H_
