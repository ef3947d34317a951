#include "model/training/diffusion_loss.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "absl/strings/str_cat.h"

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

std::map<std::string, double> LossByTimestep(const at::Tensor& errors,
                                             const std::vector<double>& timesteps) {
  const float* error = errors.const_data_ptr<float>();
  std::map<std::string, std::pair<double, int>> sums;
  for (size_t i = 0; i < timesteps.size(); ++i) {
    auto& [sum, count] = sums[absl::StrCat("loss_t", timesteps[i])];
    sum += error[i];
    ++count;
  }
  std::map<std::string, double> means;
  for (const auto& [name, entry] : sums) means[name] = entry.first / entry.second;
  return means;
}

}  // namespace strobe::model
