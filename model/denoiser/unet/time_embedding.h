// Numbers (timestep labels, picture sizes) to the vector that every resnet is conditioned on.

#ifndef STROBE_MODEL_DENOISER_UNET_TIME_EMBEDDING_H_
#define STROBE_MODEL_DENOISER_UNET_TIME_EMBEDDING_H_

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/linear.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// How numbers become sinusoids at frequencies 10000^(-i / (dim / 2 - freq_shift)).
struct SinusoidOptions {
  int64_t dim = 0;  // even; sines and cosines together
  bool flip_sin_to_cos = true;
  double freq_shift = 0.0;
};

// diffusers' Timesteps: float32 [n] to float32 [n, dim].
at::Tensor Sinusoids(const at::Tensor& values, const SinusoidOptions& options);

// The sinusoids of LCM's guidance embedding (Luo et al. 2023; get_guidance_scale_embedding of
// diffusers): of 1000 * weight, sines first, the lowest frequency exactly 1 / 10000. The angles are
// large, so that every rounding to float32 is made where diffusers makes it. `guidance_weights`:
// float32 [B], guidance scale - 1. Returns float32 [B, dim], padded with a zero where dim is odd.
at::Tensor GuidanceSinusoids(const at::Tensor& guidance_weights, int64_t dim);

// linear_1, SiLU and linear_2 (diffusers' TimestepEmbedding); with a condition, its projection is
// added to the input. Immutable.
class TimestepEmbedding {
 public:
  struct Options {
    int64_t input_dim = 0;
    int64_t embedding_dim = 0;
    int64_t cond_proj_dim = 0;  // 0: no condition
  };

  // Takes `name`.{linear_1,linear_2} and, with a condition, `name`.cond_proj.
  TimestepEmbedding(StateDictLoader& loader, const std::string& name, const Options& options);

  // `input`: [B, input_dim]; `condition`: [B, cond_proj_dim], undefined: none. Both are converted
  // to the dtype of the weights, which the result [B, embedding_dim] has too.
  at::Tensor Forward(const at::Tensor& input, const at::Tensor& condition = {}) const;

 private:
  Linear linear_1_;
  Linear linear_2_;
  std::optional<Linear> cond_proj_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_TIME_EMBEDDING_H_
