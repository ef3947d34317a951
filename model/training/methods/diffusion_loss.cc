#include "model/training/methods/diffusion_loss.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "model/sampling/few_step_sampler.h"

namespace strobe::model {
namespace {

constexpr double kLargestWeight = 4.0;

at::Tensor Alphas(const std::vector<NoiseLevel>& levels, const at::Tensor& like) {
  std::vector<double> values;
  for (const NoiseLevel& level : levels) values.push_back(level.alpha);
  return RowColumn(values, like);
}

at::Tensor Sigmas(const std::vector<NoiseLevel>& levels, const at::Tensor& like) {
  std::vector<double> values;
  for (const NoiseLevel& level : levels) values.push_back(level.sigma);
  return RowColumn(values, like);
}

}  // namespace

at::Tensor PerRow(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, at::kDouble).to(at::kFloat).to(like.device());
}

at::Tensor RowColumn(const std::vector<double>& values, const at::Tensor& like) {
  return PerRow(values, like).view({-1, 1, 1, 1});
}

at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& noise,
                    const std::vector<NoiseLevel>& levels) {
  return Alphas(levels, x0) * x0 + Sigmas(levels, x0) * noise;
}

at::Tensor PredictedX0(PredictionType type, const at::Tensor& output, const at::Tensor& noisy,
                       const std::vector<NoiseLevel>& levels) {
  std::vector<StepRule> rules(levels.size());
  for (size_t i = 0; i < levels.size(); ++i) {
    rules[i].prediction_type = type;
    rules[i].row.level = levels[i];
    rules[i].row.next = {1.0, 0.0};
  }
  return ApplyStep(output, noisy, rules, at::Tensor(), at::Tensor()).denoised;
}

at::Tensor PredictedNoise(const at::Tensor& x0hat, const at::Tensor& noisy,
                          const std::vector<NoiseLevel>& levels) {
  return (noisy - Alphas(levels, noisy) * x0hat) / Sigmas(levels, noisy);
}

at::Tensor DenoisingLoss(const at::Tensor& x0hat, const at::Tensor& x0,
                         const std::vector<NoiseLevel>& levels) {
  const at::Tensor variance = Sigmas(levels, x0).square().view({-1});
  return (x0hat - x0).square().mean({1, 2, 3}) * variance.reciprocal().clamp_max(kLargestWeight);
}

std::map<std::string, double> LossByName(const at::Tensor& errors,
                                         const std::vector<std::string>& names) {
  const at::Tensor on_cpu = errors.to(at::kCPU);
  const float* error = on_cpu.const_data_ptr<float>();
  std::map<std::string, std::pair<double, int>> sums;
  for (size_t i = 0; i < names.size(); ++i) {
    auto& [sum, count] = sums[names[i]];
    sum += error[i];
    ++count;
  }
  std::map<std::string, double> means;
  for (const auto& [name, entry] : sums) means[name] = entry.first / entry.second;
  return means;
}

}  // namespace strobe::model
