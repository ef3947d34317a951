#include "model/denoiser/unet/time_embedding.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/silu.h>

namespace strobe::model {
namespace {

constexpr double kMaxPeriod = 10000.0;
constexpr double kGuidanceFactor = 1000.0;

}  // namespace

at::Tensor Sinusoids(const at::Tensor& values, const SinusoidOptions& options) {
  const int64_t half = options.dim / 2;
  const double spread = static_cast<double>(half) - options.freq_shift;
  const auto float32 = values.options().dtype(at::kFloat);
  const at::Tensor frequencies = (at::arange(half, float32) * -std::log(kMaxPeriod) / spread).exp();
  const at::Tensor angles = values.to(at::kFloat).unsqueeze(1) * frequencies;
  return options.flip_sin_to_cos ? at::cat({angles.cos(), angles.sin()}, 1)
                                 : at::cat({angles.sin(), angles.cos()}, 1);
}

at::Tensor GuidanceSinusoids(const at::Tensor& guidance_weights, int64_t dim) {
  const int64_t half = dim / 2;
  const float exponent = static_cast<float>(std::log(kMaxPeriod)) / static_cast<float>(half - 1);
  const at::Tensor frequencies =
      (at::arange(half, guidance_weights.options().dtype(at::kFloat)) * -exponent).exp();
  const at::Tensor angles = (guidance_weights * kGuidanceFactor).unsqueeze(1) * frequencies;
  const at::Tensor sinusoids = at::cat({angles.sin(), angles.cos()}, 1);
  return dim % 2 == 0 ? sinusoids : at::constant_pad_nd(sinusoids, {0, 1});
}

TimestepEmbedding::TimestepEmbedding(StateDictLoader& loader, const std::string& name,
                                     const Options& options)
    : linear_1_(loader, name + ".linear_1", {options.input_dim, options.embedding_dim}),
      linear_2_(loader, name + ".linear_2", {options.embedding_dim, options.embedding_dim}) {
  if (options.cond_proj_dim == 0) return;
  cond_proj_.emplace(loader, name + ".cond_proj",
                     Linear::Options{options.cond_proj_dim, options.input_dim, /*bias=*/false});
}

at::Tensor TimestepEmbedding::Forward(const at::Tensor& input, const at::Tensor& condition) const {
  at::Tensor hidden = input.to(linear_1_.dtype());
  if (condition.defined() && cond_proj_.has_value()) {
    hidden = hidden + cond_proj_->Forward(condition.to(linear_1_.dtype()));
  }
  return linear_2_.Forward(at::silu(linear_1_.Forward(hidden)));
}

}  // namespace strobe::model
