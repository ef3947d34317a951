#include "model/training/diffusion_loss.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

namespace strobe::model {
namespace {

constexpr double kLargestSampleWeight = 4.0;

at::Tensor Alphas(const std::vector<NoiseLevel>& levels) {
  std::vector<double> values;
  for (const NoiseLevel& level : levels) values.push_back(level.alpha);
  return RowColumn(values);
}

at::Tensor Sigmas(const std::vector<NoiseLevel>& levels) {
  std::vector<double> values;
  for (const NoiseLevel& level : levels) values.push_back(level.sigma);
  return RowColumn(values);
}

at::Tensor MeanSquare(const at::Tensor& error) { return error.square().mean({1, 2, 3}); }

}  // namespace

at::Tensor RowColumn(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).to(at::kFloat).view({-1, 1, 1, 1});
}

at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& noise,
                    const std::vector<NoiseLevel>& levels) {
  return Alphas(levels) * x0 + Sigmas(levels) * noise;
}

at::Tensor DenoisingLoss(PredictionType type, const at::Tensor& output, const at::Tensor& x0,
                         const at::Tensor& noise, const std::vector<NoiseLevel>& levels) {
  switch (type) {
    case PredictionType::kEpsilon:
      return MeanSquare(output - noise);
    case PredictionType::kVPrediction:
      return MeanSquare(output - (Alphas(levels) * noise - Sigmas(levels) * x0));
    case PredictionType::kSample:
      break;
  }
  const at::Tensor variance = Sigmas(levels).square().view({-1});
  return MeanSquare(output - x0) * variance.reciprocal().clamp_max(kLargestSampleWeight);
}

}  // namespace strobe::model
