// The last stage of a pipeline: latents of samples to pictures.

#ifndef STROBE_MODEL_PIPELINE_SAMPLE_DECODING_H_
#define STROBE_MODEL_PIPELINE_SAMPLE_DECODING_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/autoencoder/image_decoder.h"
#include "model/pipeline/network_calls.h"
#include "model/pipeline/pipeline_sample.h"

namespace strobe::model {

// TextToImagePipeline::Decode with `decoder`, which is that of `stage`, on samples of one size:
// float32 [C, H, W] in 0..1 for each.
absl::StatusOr<std::vector<at::Tensor>> DecodeSamples(const ImageDecoder& decoder, Stage stage,
                                                      absl::Span<PipelineSample* const> batch,
                                                      const at::Device& device,
                                                      NetworkCalls& calls);

// TextToImagePipeline::DecodeInFloat32.
absl::StatusOr<at::Tensor> DecodeSampleInFloat32(const ImageDecoder& decoder,
                                                 const PipelineSample& sample,
                                                 const at::Device& device);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_SAMPLE_DECODING_H_
