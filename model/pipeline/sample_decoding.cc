#include "model/pipeline/sample_decoding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/all.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "model/pipeline/torch_call.h"

namespace strobe::model {
namespace {

// Of a finished sample its latents, else its estimate.
at::Tensor DecodableLatents(const PipelineSample& sample) {
  return sample.finished() ? sample.latents * sample.steps.final_scale : sample.denoised;
}

absl::Status AllNoise() { return absl::FailedPreconditionError("a sample is all noise"); }

}  // namespace

absl::StatusOr<std::vector<at::Tensor>> DecodeSamples(const ImageDecoder& decoder, Stage stage,
                                                      absl::Span<PipelineSample* const> batch,
                                                      const at::Device& device,
                                                      NetworkCalls& calls) {
  std::vector<at::Tensor> images;
  if (batch.empty()) return images;
  for (const PipelineSample* sample : batch) {
    if (sample->steps_done == 0) return AllNoise();
  }
  const absl::Status status = CallTorch("decoding", [&] {
    std::vector<at::Tensor> latents;
    for (const PipelineSample* sample : batch) latents.push_back(DecodableLatents(*sample));
    const auto decode = [&decoder](const Tensors& inputs) -> Tensors {
      return {decoder.Decode(inputs[0])};
    };
    images = calls.Run(stage, {at::stack(latents)}, /*text_rows=*/0, decode).front().unbind(0);
    SynchronizeDevice(device);
    return absl::OkStatus();
  });
  STROBE_RETURN_IF_ERROR(status);
  return images;
}

absl::StatusOr<at::Tensor> DecodeSampleInFloat32(const ImageDecoder& decoder,
                                                 const PipelineSample& sample,
                                                 const at::Device& device) {
  if (decoder.dtype() == at::kFloat) {
    return absl::FailedPreconditionError("the decoder computes in float32");
  }
  if (sample.steps_done == 0) return AllNoise();
  at::Tensor image;
  const absl::Status status = CallTorch("decoding in float32", [&]() -> absl::Status {
    const at::Tensor latents = DecodableLatents(sample).to(at::kFloat);
    if (!at::isfinite(latents).all().item<bool>()) {
      return absl::InternalError("the denoiser's result is not finite");
    }
    image = decoder.DecodeInFloat32(latents.unsqueeze(0)).squeeze(0);
    SynchronizeDevice(device);
    return absl::OkStatus();
  });
  STROBE_RETURN_IF_ERROR(status);
  return image;
}

}  // namespace strobe::model
