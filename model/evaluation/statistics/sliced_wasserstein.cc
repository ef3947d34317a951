#include "model/evaluation/statistics/sliced_wasserstein.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>

#include "model/evaluation/statistics/laplacian_pyramid.h"
#include "model/sampling/seeded_noise.h"

namespace strobe::model {
namespace {

constexpr int kLevels = 3;
constexpr int kSide = 7;
constexpr int kPatches = 8;  // of a picture and level
constexpr int64_t kDirections = 128;
constexpr size_t kQuantiles = 64;
constexpr uint64_t kDirectionSeed = 0x646972;

using Quantiles = std::array<float, kQuantiles>;

// Unit vectors [D, kDirections].
at::Tensor Directions(int level, int64_t size) {
  const at::Tensor normal =
      UnitNormal(kDirectionSeed, static_cast<uint64_t>(level), {size, kDirections});
  return normal / normal.square().sum(0).sqrt();
}

// One column in ascending order, with the picture that each value is of.
struct SortedColumn {
  std::vector<float> values;
  std::vector<int32_t> pictures;
};

SortedColumn SortColumn(const at::Tensor& column) {
  const auto [values, order] = column.contiguous().sort();
  const float* value = values.const_data_ptr<float>();
  const at::Tensor pictures = order.div(kPatches, "floor").to(at::kInt);
  const int32_t* picture = pictures.const_data_ptr<int32_t>();
  const auto size = static_cast<size_t>(column.size(0));
  return {{value, value + size}, {picture, picture + size}};
}

// The values that the shares (q + 1/2) / 64 of the weight lie below. `counts`: of the pictures;
// `total`: their sum over all values.
Quantiles QuantilesOf(const SortedColumn& column, const uint8_t* counts, double total) {
  Quantiles quantiles;
  size_t next = 0;
  int64_t weight = 0;
  double wanted = total * 0.5 / kQuantiles;
  for (size_t i = 0; i < column.values.size() && next < kQuantiles; ++i) {
    weight += counts[column.pictures[i]];
    while (next<kQuantiles&& static_cast<double>(weight)> wanted) {
      quantiles[next++] = column.values[i];
      wanted = total * (static_cast<double>(next) + 0.5) / kQuantiles;
    }
  }
  return quantiles;
}

}  // namespace

void PatchProjections::Add(const at::Tensor& pictures) {
  std::vector<at::Tensor> levels;
  const std::vector<at::Tensor> pyramid = LaplacianPyramid(pictures, kLevels);
  for (int level = 0; level < kLevels; ++level) {
    const at::Tensor patches = PatchesOf(pyramid[static_cast<size_t>(level)], kSide, kPatches,
                                         static_cast<uint64_t>(num_pictures_));
    levels.push_back(at::matmul(patches, Directions(level, patches.size(1))));
  }
  values_.push_back(at::cat(levels, 1));
  num_pictures_ += pictures.size(0);
}

at::Tensor PatchProjections::Values() const { return at::cat(values_); }

SlicedWasserstein::SlicedWasserstein(const PatchProjections& references) {
  const at::Tensor values = references.Values();
  scales_ = values.std(0).clamp_min(1e-6);
  quantiles_ = at::empty({values.size(1), static_cast<int64_t>(kQuantiles)}, at::kFloat);
  const std::vector<uint8_t> ones(static_cast<size_t>(references.num_pictures()), 1);
  for (int64_t c = 0; c < values.size(1); ++c) {
    const Quantiles quantiles = QuantilesOf(SortColumn(values.select(1, c)), ones.data(),
                                            static_cast<double>(values.size(0)));
    std::copy(quantiles.begin(), quantiles.end(), quantiles_[c].data_ptr<float>());
  }
}

double SlicedWasserstein::DistanceTo(const PatchProjections& patches) const {
  return ResampledDistances(patches, at::ones({1, patches.num_pictures()})).front();
}

std::vector<double> SlicedWasserstein::ResampledDistances(const PatchProjections& patches,
                                                          const at::Tensor& counts) const {
  const at::Tensor values = patches.Values();
  const at::Tensor weights = counts.to(at::kByte).contiguous();
  std::vector<double> totals;
  for (const at::Tensor& row : weights.unbind(0)) {
    totals.push_back(kPatches * row.sum(at::kDouble).item<double>());
  }
  const int64_t columns = values.size(1);
  std::vector<double> distances(static_cast<size_t>(counts.size(0)), 0.0);
  for (int64_t c = 0; c < columns; ++c) {
    const SortedColumn column = SortColumn(values.select(1, c));
    const float* wanted = quantiles_[c].const_data_ptr<float>();
    const double unit =
        1000.0 / (scales_[c].item<double>() * kQuantiles * static_cast<double>(columns));
    const uint8_t* row = weights.const_data_ptr<uint8_t>();
    for (size_t r = 0; r < distances.size(); ++r, row += weights.size(1)) {
      const Quantiles got = QuantilesOf(column, row, totals[r]);
      for (size_t q = 0; q < kQuantiles; ++q) distances[r] += unit * std::abs(got[q] - wanted[q]);
    }
  }
  return distances;
}

}  // namespace strobe::model
