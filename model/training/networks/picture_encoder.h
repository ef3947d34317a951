// Pictures to the latents that a denoiser works on.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_PICTURE_ENCODER_H_
#define STROBE_MODEL_TRAINING_NETWORKS_PICTURE_ENCODER_H_

#include <memory>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/training/networks/trained_model.h"

namespace strobe::model {

// The encoder half of an autoencoder. Holds weights; immutable.
class PictureEncoder {
 public:
  virtual ~PictureEncoder() = default;

  // Pictures [B, 3, H, W] in 0..1 to float latents [B, latent_channels, h, w], scaled as the
  // sampler knows them: ImageDecoder::Decode undoes this.
  virtual at::Tensor Encode(const at::Tensor& pictures) const = 0;
};

// The encoder of `model`'s autoencoder, in float32. INVALID_ARGUMENT names every option whose value
// strobe cannot run and every tensor that does not fit.
absl::StatusOr<std::unique_ptr<PictureEncoder>> BuildPictureEncoder(const TrainedModel& model,
                                                                    at::Device device);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_PICTURE_ENCODER_H_
