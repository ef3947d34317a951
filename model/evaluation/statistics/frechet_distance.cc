#include "model/evaluation/statistics/frechet_distance.h"

#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/matmul.h>

namespace strobe::model {
namespace {

// The symmetric square root of a covariance.
at::Tensor SquareRoot(const at::Tensor& covariance) {
  const auto [values, vectors] = at::linalg_eigh(covariance);
  return at::matmul(vectors * values.clamp_min(0).sqrt(), vectors.t());
}

// The mean distance of corresponding parts, when both samples are cut into so many.
double DistanceOfParts(const at::Tensor& first, const at::Tensor& second, int64_t parts) {
  const int64_t first_size = first.size(0) / parts;
  const int64_t second_size = second.size(0) / parts;
  double sum = 0.0;
  for (int64_t i = 0; i < parts; ++i) {
    sum += FrechetDistance(first.narrow(0, i * first_size, first_size),
                           second.narrow(0, i * second_size, second_size));
  }
  return sum / static_cast<double>(parts);
}

}  // namespace

FrechetReference::FrechetReference(const FeatureMoments& moments)
    : moments_(moments), root_(SquareRoot(moments.covariance)) {}

double FrechetReference::DistanceTo(const FeatureMoments& moments) const {
  // tr (S1 S2)^(1/2) = tr (S1^(1/2) S2 S1^(1/2))^(1/2), which is symmetric.
  const at::Tensor product = at::matmul(at::matmul(root_, moments.covariance), root_);
  const at::Tensor values = at::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0);
  return (moments_.mean - moments.mean).square().sum().item<double>() +
         (moments_.covariance.trace() + moments.covariance.trace()).item<double>() -
         2.0 * values.sqrt().sum().item<double>();
}

double FrechetDistance(const at::Tensor& first, const at::Tensor& second) {
  return FrechetReference(MomentsOf(second)).DistanceTo(MomentsOf(first));
}

double ExtrapolatedFrechetDistance(const at::Tensor& first, const at::Tensor& second) {
  // Parts of 1 / p of the samples lie at p on the axis of 1 / N: the least squares line through
  // (1, d1), (2, d2), (4, d4) meets 0 at (14 d1 + 7 d2 - 7 d4) / 14.
  const double whole = FrechetDistance(first, second);
  const double halves = DistanceOfParts(first, second, 2);
  const double quarters = DistanceOfParts(first, second, 4);
  return whole + (halves - quarters) / 2.0;
}

}  // namespace strobe::model
