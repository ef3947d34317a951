// Timestep labels to the vector that every resnet of the denoiser is conditioned on.

#ifndef STROBE_MODEL_DENOISER_TIME_EMBEDDING_H_
#define STROBE_MODEL_DENOISER_TIME_EMBEDDING_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/linear.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Sinusoids of the label at frequencies 10000^(-i / (half - freq_shift)), computed in float32, then
// linear_1, SiLU and linear_2 (diffusers' Timesteps and TimestepEmbedding). Immutable.
class TimeEmbedding {
 public:
  struct Options {
    int64_t sinusoid_dim = 0;   // even; sines and cosines together
    int64_t embedding_dim = 0;  // of the result
    bool flip_sin_to_cos = true;
    double freq_shift = 0.0;
  };

  // Takes `name`.linear_1 and `name`.linear_2.
  TimeEmbedding(StateDictLoader& loader, const std::string& name, const Options& options);

  // `timesteps`: float32 [B]. Returns [B, embedding_dim] in the dtype of the weights.
  at::Tensor Forward(const at::Tensor& timesteps) const;

 private:
  at::Tensor Sinusoids(const at::Tensor& timesteps) const;

  Options options_;
  Linear linear_1_;
  Linear linear_2_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_TIME_EMBEDDING_H_
