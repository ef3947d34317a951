#include "model/evaluation/frechet_distance.h"

#include <tuple>

#include <ATen/TensorOperators.h>
#include <ATen/ops/diag.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/matmul.h>

namespace strobe::model {
namespace {

std::tuple<at::Tensor, at::Tensor> MeanAndCovariance(const at::Tensor& features) {
  const at::Tensor rows = features.to(at::kDouble);
  const at::Tensor mean = rows.mean(0);
  const at::Tensor centred = rows - mean;
  return {mean, at::matmul(centred.t(), centred) / static_cast<double>(rows.size(0) - 1)};
}

// The symmetric square root of a covariance.
at::Tensor SquareRoot(const at::Tensor& covariance) {
  const auto [values, vectors] = at::linalg_eigh(covariance);
  return at::matmul(vectors * values.clamp_min(0).sqrt(), vectors.t());
}

}  // namespace

double FrechetDistance(const at::Tensor& first, const at::Tensor& second) {
  const auto [mean1, covariance1] = MeanAndCovariance(first);
  const auto [mean2, covariance2] = MeanAndCovariance(second);
  // tr (S1 S2)^(1/2) = tr (S1^(1/2) S2 S1^(1/2))^(1/2), which is symmetric.
  const at::Tensor root = SquareRoot(covariance1);
  const at::Tensor product = at::matmul(at::matmul(root, covariance2), root);
  const at::Tensor values = at::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0);
  return (mean1 - mean2).square().sum().item<double>() +
         (covariance1.trace() + covariance2.trace()).item<double>() -
         2.0 * values.sqrt().sum().item<double>();
}

}  // namespace strobe::model
