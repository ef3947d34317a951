#include "model/evaluation/statistics/kernel_discrepancy.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

namespace strobe::model {
namespace {

constexpr int64_t kChunk = 1024;  // rows whose kernels are held at once
constexpr int64_t kRowsForWidth = 1000;

at::Tensor SquaredDistances(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor squares = a.square().sum(1, /*keepdim=*/true) + b.square().sum(1);
  return (squares - 2.0 * at::matmul(a, b.t())).clamp_min(0);
}

// `visit(first, rows)` for chunks of the rows of `features`.
template <typename Visit>
void ForChunks(const at::Tensor& features, const Visit& visit) {
  for (int64_t first = 0; first < features.size(0); first += kChunk) {
    visit(first, features.narrow(0, first, std::min(kChunk, features.size(0) - first)));
  }
}

}  // namespace

KernelDiscrepancy::KernelDiscrepancy(const at::Tensor& references)
    : scales_(references.to(at::kFloat).std(0).clamp_min(1e-6)),
      references_(Standardised(references)) {
  const at::Tensor few = references_.narrow(0, 0, std::min(kRowsForWidth, references.size(0)));
  const int64_t count = few.size(0);
  // Without the zeros of the diagonal, which sort to the front.
  const at::Tensor sorted = std::get<0>(SquaredDistances(few, few).flatten().sort());
  const at::Tensor distances = sorted.narrow(0, count, count * count - count);
  width_ = std::max(std::sqrt(distances.median().item<double>()), 1e-6);
  double sum = 0.0;
  ForChunks(references_, [&](int64_t, const at::Tensor& rows) {
    sum += Kernel(rows, references_).sum(at::kDouble).item<double>();
  });
  const double size = static_cast<double>(references_.size(0));
  within_ = (sum - size) / (size * (size - 1.0));
}

at::Tensor KernelDiscrepancy::Standardised(const at::Tensor& features) const {
  return features.to(at::kFloat) / scales_;
}

at::Tensor KernelDiscrepancy::Kernel(const at::Tensor& a, const at::Tensor& b) const {
  return SquaredDistances(a, b).mul_(-0.5 / (width_ * width_)).exp_();
}

at::Tensor KernelDiscrepancy::MeanToReferences(const at::Tensor& features) const {
  std::vector<at::Tensor> means;
  ForChunks(features, [&](int64_t, const at::Tensor& rows) {
    means.push_back(Kernel(rows, references_).mean(1, /*keepdim=*/false, at::kDouble));
  });
  return at::cat(means);
}

double KernelDiscrepancy::DistanceTo(const at::Tensor& features) const {
  return ResampledDistances(features, at::ones({1, features.size(0)})).item<double>();
}

at::Tensor KernelDiscrepancy::ResampledDistances(const at::Tensor& features,
                                                 const at::Tensor& counts) const {
  const at::Tensor rows = Standardised(features);
  const at::Tensor weights = counts.to(at::kFloat);
  at::Tensor pairs = at::zeros({counts.size(0)}, at::kDouble);
  ForChunks(rows, [&](int64_t first, const at::Tensor& chunk) {
    const at::Tensor sums = at::matmul(weights, Kernel(rows, chunk));  // [R, chunk]
    pairs += (sums * weights.narrow(1, first, chunk.size(0))).sum(1, false, at::kDouble);
  });
  const at::Tensor exact = counts.to(at::kDouble);
  const at::Tensor totals = exact.sum(1);
  const at::Tensor copies = exact.square().sum(1);  // of each row with itself, whose kernel is 1
  const at::Tensor within = (pairs - copies) / (totals.square() - copies);
  const at::Tensor between = at::matmul(exact, MeanToReferences(rows)) / totals;
  return within + within_ - 2.0 * between;
}

}  // namespace strobe::model
