#include "model/evaluation/statistics/feature_moments.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>

namespace strobe::model {

FeatureMoments MomentsOf(const at::Tensor& features) {
  return MomentsOf(features, at::ones({features.size(0)}, at::kDouble));
}

FeatureMoments MomentsOf(const at::Tensor& features, const at::Tensor& counts) {
  const at::Tensor rows = features.to(at::kDouble);
  const at::Tensor weights = counts.to(at::kDouble).unsqueeze(1);
  const double total = weights.sum().item<double>();
  const at::Tensor mean = (rows * weights).sum(0) / total;
  const at::Tensor centred = rows - mean;
  return {mean, at::matmul((centred * weights).t(), centred) / (total - 1.0)};
}

}  // namespace strobe::model
