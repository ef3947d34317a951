// Both halves of an autoencoder: pictures to the latents of a sampler, and back.

#ifndef STROBE_MODEL_AUTOENCODER_IMAGE_AUTOENCODER_H_
#define STROBE_MODEL_AUTOENCODER_IMAGE_AUTOENCODER_H_

#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/autoencoder/image_encoder.h"
#include "model/autoencoder/latent_statistics.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Holds weights; immutable after creation, so that it may be called from several threads.
class ImageAutoencoder {
 public:
  // A model that never encodes need not hold the encoder's weights.
  enum class Halves { kDecoder, kBoth };

  // As CreateImageDecoder and CreateImageEncoder; the caller calls `loader.Finish()`.
  static absl::StatusOr<std::unique_ptr<ImageAutoencoder>> Create(const std::string& class_name,
                                                                  const nlohmann::json& config,
                                                                  LatentStatistics statistics,
                                                                  Halves halves,
                                                                  StateDictLoader& loader);

  // As ImageDecoder and ImageEncoder have them. Encode needs both halves.
  at::Tensor Decode(const at::Tensor& latents) const { return decoder_->Decode(latents); }
  at::Tensor Encode(const at::Tensor& pictures) const;

  const ImageDecoder& decoder() const { return *decoder_; }

 private:
  ImageAutoencoder() = default;

  std::unique_ptr<ImageDecoder> decoder_;
  std::unique_ptr<ImageEncoder> encoder_;  // null: the decoder alone
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_IMAGE_AUTOENCODER_H_
