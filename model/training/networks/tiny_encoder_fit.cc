#include "model/training/networks/tiny_encoder_fit.h"

#include <algorithm>
#include <string>
#include <tuple>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/pixel_unshuffle.h>
#include <ATen/ops/zeros.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr double kLargestDeviation = 1.4;
constexpr double kDeviationExponent = 0.45;

std::string LayerName(int64_t index) { return absl::StrCat("encoder.layers.", index); }

// Principal directions of the rows of `samples` ([n, d], mean near 0), strongest first: [d, count].
at::Tensor PrincipalDirections(const at::Tensor& samples, int64_t count) {
  const at::Tensor moments = samples.t().matmul(samples).div(samples.size(0));
  const auto [values, vectors] = at::linalg_eigh(moments.to(at::kDouble));
  return vectors.flip({1}).slice(1, 0, count).to(at::kFloat).contiguous();
}

// One halving: the weight of the convolution and what it makes of `hidden` ([N, used, h, w]).
std::tuple<at::Tensor, at::Tensor> FitHalving(const at::Tensor& hidden, int64_t width) {
  const int64_t channels = hidden.size(1);
  // [N, channels * 4, h / 2, w / 2]; channel c, row y, column x of the cell is c * 4 + y * 2 + x.
  const at::Tensor cells = at::pixel_unshuffle(hidden, 2);
  const at::Tensor samples = cells.permute({0, 2, 3, 1}).reshape({-1, channels * 4});
  const int64_t kept = std::min(width, channels * 4);
  const at::Tensor directions = PrincipalDirections(samples, kept);
  const at::Tensor weight = at::zeros({width, width, 3, 3}, at::kFloat);
  // With padding 1 the taps 1 and 2 are the rows and columns of the cell.
  weight.slice(0, 0, kept)
      .slice(1, 0, channels)
      .slice(2, 1, 3)
      .slice(3, 1, 3)
      .copy_(directions.t().reshape({kept, channels, 2, 2}));
  const at::Tensor next = samples.matmul(directions)
                              .view({hidden.size(0), cells.size(2), cells.size(3), kept})
                              .permute({0, 3, 1, 2});
  return {weight, next};
}

}  // namespace

StateDict FitTinyEncoder(const at::Tensor& pictures,
                         const AutoencoderTinyEncoder::Options& options) {
  const at::NoGradGuard no_grad;
  StateDict weights;
  const at::Tensor mean = pictures.mean({0, 2, 3});
  const at::Tensor first = at::zeros({options.width, 3, 3, 3}, at::kFloat);
  for (int64_t c = 0; c < 3; ++c) first[c][c][1][1].fill_(1.0);
  const at::Tensor first_bias = at::zeros({options.width}, at::kFloat);
  first_bias.slice(0, 0, 3).copy_(-mean);
  weights[LayerName(0) + ".weight"] = first;
  weights[LayerName(0) + ".bias"] = first_bias;

  at::Tensor hidden = pictures - mean.view({1, 3, 1, 1});
  for (int i = 0; i < options.num_halvings; ++i) {
    std::tie(weights[LayerName(i + 1) + ".weight"], hidden) = FitHalving(hidden, options.width);
  }

  const int64_t count = options.latent_channels;
  const at::Tensor latents = hidden.slice(1, 0, count);
  const at::Tensor deviations = latents.permute({1, 0, 2, 3}).reshape({count, -1}).std(1);
  const at::Tensor wanted =
      (deviations / deviations[0]).clamp_min(1e-6).pow(kDeviationExponent) * kLargestDeviation;
  const at::Tensor gains = wanted / deviations.clamp_min(1e-6);
  const at::Tensor last = at::zeros({count, options.width, 3, 3}, at::kFloat);
  for (int64_t c = 0; c < count; ++c) last[c][c][1][1].copy_(gains[c]);
  const std::string name = LayerName(options.num_halvings + 1);
  weights[name + ".weight"] = last;
  weights[name + ".bias"] = -latents.mean({0, 2, 3}) * gains;
  return weights;
}

}  // namespace strobe::model
