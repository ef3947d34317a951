// Pictures as the autoencoder of a model gives them back: what its denoiser cannot beat.

#ifndef STROBE_MODEL_EVALUATION_AUTOENCODER_ROUND_TRIP_H_
#define STROBE_MODEL_EVALUATION_AUTOENCODER_ROUND_TRIP_H_

#include <memory>
#include <string>
#include <utility>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_autoencoder.h"

namespace strobe::model {

// Both halves of a model's autoencoder, in float32. Immutable.
class AutoencoderRoundTrip {
 public:
  // Of the model in `directory`. Errors name what is missing or does not fit, an encoder that was
  // left out too.
  static absl::StatusOr<AutoencoderRoundTrip> Load(const std::string& directory, at::Device device);

  // Float32 [B, 3, S, S] in 0..1, there and back; S a multiple of the pixels of a latent cell.
  at::Tensor Through(const at::Tensor& pictures) const;

 private:
  AutoencoderRoundTrip(std::unique_ptr<ImageAutoencoder> autoencoder, at::Device device)
      : autoencoder_(std::move(autoencoder)), device_(device) {}

  std::unique_ptr<ImageAutoencoder> autoencoder_;
  at::Device device_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_AUTOENCODER_ROUND_TRIP_H_
