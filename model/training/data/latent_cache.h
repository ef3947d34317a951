// The latents of a data set, made once.

#ifndef STROBE_MODEL_TRAINING_DATA_LATENT_CACHE_H_
#define STROBE_MODEL_TRAINING_DATA_LATENT_CACHE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_encoder.h"
#include "model/training/data/training_data.h"

namespace strobe::model {

// Float16 [pictures, C, h, w], on `device`, of every picture of `data`. CANCELLED when
// `interrupted` (may be null) becomes true.
absl::StatusOr<at::Tensor> EncodeAll(const ImageEncoder& encoder, const TrainingData& data,
                                     at::Device device, const std::atomic<bool>* interrupted);

// Latents that are made when they are first asked for and kept, as float16 in the host's memory.
// Each picture is encoded alone, so that its latent does not depend on what was asked for before.
// Not thread-safe.
class LatentCache {
 public:
  // `data` must outlive it. `encoder` computes on `device`.
  LatentCache(const TrainingData* data, std::unique_ptr<ImageEncoder> encoder, at::Device device);

  // Float32 [B, C, h, w] on the device. Errors are those of the pictures; INVALID_ARGUMENT names
  // the picture whose latent is not finite.
  absl::StatusOr<at::Tensor> Latents(const std::vector<int64_t>& indices);

 private:
  const TrainingData* data_;
  std::unique_ptr<ImageEncoder> encoder_;
  at::Device device_;
  std::vector<at::Tensor> latents_;  // undefined: not made yet
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DATA_LATENT_CACHE_H_
