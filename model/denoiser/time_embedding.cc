#include "model/denoiser/time_embedding.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/silu.h>

namespace strobe::model {

TimeEmbedding::TimeEmbedding(StateDictLoader& loader, const std::string& name,
                             const Options& options)
    : options_(options),
      linear_1_(loader, name + ".linear_1", {options.sinusoid_dim, options.embedding_dim}),
      linear_2_(loader, name + ".linear_2", {options.embedding_dim, options.embedding_dim}) {}

at::Tensor TimeEmbedding::Forward(const at::Tensor& timesteps) const {
  const at::Tensor sinusoids = Sinusoids(timesteps).to(linear_1_.dtype());
  return linear_2_.Forward(at::silu(linear_1_.Forward(sinusoids)));
}

at::Tensor TimeEmbedding::Sinusoids(const at::Tensor& timesteps) const {
  constexpr double kMaxPeriod = 10000.0;
  const int64_t half = options_.sinusoid_dim / 2;
  const double spread = static_cast<double>(half) - options_.freq_shift;
  const auto float32 = timesteps.options().dtype(at::kFloat);
  const at::Tensor frequencies = (at::arange(half, float32) * -std::log(kMaxPeriod) / spread).exp();
  const at::Tensor angles = timesteps.to(at::kFloat).unsqueeze(1) * frequencies;
  const at::Tensor sines = angles.sin();
  const at::Tensor cosines = angles.cos();
  return options_.flip_sin_to_cos ? at::cat({cosines, sines}, 1) : at::cat({sines, cosines}, 1);
}

}  // namespace strobe::model
