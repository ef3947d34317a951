#include "model/training/methods/reconstruction_loss.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/relu.h>

namespace strobe::model {
namespace {

constexpr double kWidestDeviation = 1.5;

// Differences of neighbours along `dim`.
at::Tensor Differences(const at::Tensor& x, int64_t dim) {
  const int64_t size = x.size(dim);
  return x.narrow(dim, 1, size - 1) - x.narrow(dim, 0, size - 1);
}

}  // namespace

at::Tensor ReconstructionLoss(const at::Tensor& reconstruction, const at::Tensor& pictures) {
  const at::Tensor error = reconstruction - pictures;
  const at::Tensor edges =
      (Differences(error, 3).abs().mean() + Differences(error, 2).abs().mean());
  return error.abs().mean() + 4.0 * error.square().mean() + 0.5 * edges;
}

at::Tensor LatentSpreadLoss(const at::Tensor& latents) {
  const at::Tensor channels = latents.transpose(0, 1).flatten(1);
  return (channels.mean(1).square() + at::relu(channels.std(1) - kWidestDeviation)).mean();
}

double PeakSignalToNoise(const at::Tensor& reconstruction, const at::Tensor& pictures) {
  return -10.0 * std::log10((reconstruction - pictures).square().mean().item<double>());
}

}  // namespace strobe::model
