// Latents to pictures, whichever autoencoder a model brings.

#ifndef STROBE_MODEL_AUTOENCODER_IMAGE_DECODER_H_
#define STROBE_MODEL_AUTOENCODER_IMAGE_DECODER_H_

#include <cstdint>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/autoencoder/latent_statistics.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// The decoder half of an autoencoder. Holds weights; immutable after creation, so that Decode may
// be called from several threads.
class ImageDecoder {
 public:
  virtual ~ImageDecoder() = default;

  // `latents`: [B, latent_channels, h, w] as the sampler leaves them; the autoencoder's scaling is
  // undone here. Returns float32 [B, 3, h * scale_factor, w * scale_factor] in 0..1, clamped; what
  // is not finite becomes NaN, which ToRgbImage refuses. Rows do not influence each other. Throws
  // c10::Error on shapes that do not fit.
  at::Tensor Decode(const at::Tensor& latents) const;

  // The same, computed in float32 whatever the weights are: they are widened a layer at a time.
  at::Tensor DecodeInFloat32(const at::Tensor& latents) const;

  // The same without the clamp, for training: a clamped pixel would have no gradient.
  at::Tensor DecodeUnclamped(const at::Tensor& latents) const { return Run(latents, dtype()); }

  // Elements that are alive at once at the worst moment of decoding one row of `height` x `width`
  // latent cells, beside the weights: an estimate for planning, not a bound.
  virtual int64_t EstimateActivations(int64_t height, int64_t width) const = 0;

  virtual at::ScalarType dtype() const = 0;  // of the weights, and so of the activations
  virtual int latent_channels() const = 0;
  virtual int scale_factor() const = 0;  // pixels a latent cell, in each direction

 private:
  // DecodeUnclamped with activations of `dtype`: that of the weights, or float32.
  virtual at::Tensor Run(const at::Tensor& latents, at::ScalarType dtype) const = 0;
};

// The dtype for the weights of such a decoder where the rest of the model runs in `wanted`: float32
// for an AutoencoderKL unless its config sets force_upcast to false, because the large ones
// overflow or show bands in 16 bits.
at::ScalarType DecoderDtype(const std::string& class_name, const nlohmann::json& config,
                            at::ScalarType wanted);

// Creates the decoder of a `vae` folder: `class_name` is its class in model_index.json
// ("AutoencoderKL" or "AutoencoderTiny"), `config` its config.json. Takes the tensors from
// `loader`, where those of the encoder may stay unused; the caller calls `loader.Finish()`.
// INVALID_ARGUMENT names an unsupported class, or every option whose value strobe cannot run.
absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateImageDecoder(const std::string& class_name,
                                                                 const nlohmann::json& config,
                                                                 LatentStatistics statistics,
                                                                 StateDictLoader& loader);

// The picture's values, clamped to 0..1; infinite ones become NaN rather than white or black.
at::Tensor ClampImage(const at::Tensor& image);

}  // namespace strobe::model

#endif  // STROBE_MODEL_AUTOENCODER_IMAGE_DECODER_H_
