// The latents of a whole data set, made once.

#ifndef STROBE_MODEL_TRAINING_LATENT_CACHE_H_
#define STROBE_MODEL_TRAINING_LATENT_CACHE_H_

#include <atomic>
#include <memory>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/training/tiny_encoder.h"
#include "model/training/trained_model.h"
#include "model/training/training_data.h"

namespace strobe::model {

// The encoder of `model`. FAILED_PRECONDITION when it has none that strobe can run: an
// AutoencoderTiny whose encoder is convolutions alone.
absl::StatusOr<std::unique_ptr<TinyEncoder>> BuildEncoder(const TrainedModel& model);

// Float16 [pictures, C, h, w] of every picture of `data`. CANCELLED when `interrupted` (may be
// null) becomes true.
absl::StatusOr<at::Tensor> EncodeAll(const TinyEncoder& encoder, const TrainingData& data,
                                     const std::atomic<bool>* interrupted);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_LATENT_CACHE_H_
