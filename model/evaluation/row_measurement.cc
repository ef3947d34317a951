#include "model/evaluation/row_measurement.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "base/status_macros.h"
#include "model/evaluation/report/statistic_names.h"
#include "model/evaluation/statistics/feature_moments.h"
#include "model/evaluation/statistics/picture_look.h"

namespace strobe::model {
namespace {

constexpr size_t kFlush = 100;
constexpr double kThousandths = 1000.0;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// How often each prompt is in each resample, [R, N].
at::Tensor CountsOf(size_t num_prompts, uint64_t seed, int resamples) {
  const int64_t size = static_cast<int64_t>(num_prompts);
  at::Tensor counts = at::empty({resamples, size}, at::kFloat);
  for (int r = 0; r < resamples; ++r) {
    const std::vector<float> row = ResampleCounts(static_cast<int>(num_prompts), seed, r);
    std::copy(row.begin(), row.end(), counts[r].data_ptr<float>());
  }
  return counts;
}

std::vector<double> Numbers(const at::Tensor& values) {
  const at::Tensor doubles = values.to(at::kDouble).contiguous();
  const double* first = doubles.const_data_ptr<double>();
  return {first, first + doubles.numel()};
}

double MeanOf(const std::vector<double>& values, const float* counts) {
  double sum = 0.0;
  double total = 0.0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double count = counts == nullptr ? 1.0 : static_cast<double>(counts[i]);
    if (count == 0.0 || std::isnan(values[i])) continue;
    sum += count * values[i];
    total += count;
  }
  return total > 0.0 ? sum / total : 0.0;
}

Resampled MeanOfColumn(const std::vector<double>& values, const at::Tensor& counts) {
  Resampled mean{MeanOf(values, nullptr), {}};
  const float* row = counts.const_data_ptr<float>();
  for (int64_t r = 0; r < counts.size(0); ++r, row += counts.size(1)) {
    mean.draws.push_back(MeanOf(values, row));
  }
  return mean;
}

Resampled FrechetOf(const at::Tensor& features, const ReferencePictures& references,
                    const at::Tensor& counts) {
  Resampled frechet{ExtrapolatedFrechetDistance(features, references.features()), {}};
  for (const at::Tensor& row : counts.unbind(0)) {
    frechet.draws.push_back(references.frechet().DistanceTo(MomentsOf(features, row)));
  }
  return frechet;
}

Resampled DiscrepancyOf(const at::Tensor& features, const KernelDiscrepancy& references,
                        const at::Tensor& counts) {
  return {kThousandths * references.DistanceTo(features),
          Numbers(kThousandths * references.ResampledDistances(features, counts))};
}

}  // namespace

void RowMeasurement::Put(size_t index, const std::string& column, double value) {
  std::vector<double>& values = columns_[column];
  values.resize(index, kNone);
  values.push_back(value);
}

absl::Status RowMeasurement::Add(const at::Tensor& picture) {
  pictures_.push_back(picture);
  return pictures_.size() < kFlush ? absl::OkStatus() : Flush();
}

absl::Status RowMeasurement::Flush() {
  if (pictures_.empty()) return absl::OkStatus();
  const at::NoGradGuard no_grad;
  const Benchmark& benchmark = *context_.benchmark;
  const int64_t side = benchmark.picture_size();
  at::Tensor pictures = at::stack(pictures_).to(at::kCPU);
  if (pictures.size(2) != side || pictures.size(3) != side) {
    pictures = at::upsample_bilinear2d(pictures, {side, side}, false);
  }
  const auto first = benchmark.prompts().begin() + static_cast<std::ptrdiff_t>(num_flushed_);
  const std::vector<std::string> captions(first,
                                          first + static_cast<std::ptrdiff_t>(pictures_.size()));
  features_.push_back(context_.critic->Features(pictures));
  patches_.Add(pictures);
  const PictureLook look = LookOf(pictures);
  const std::pair<const char*, std::vector<double>> columns[] = {
      {kSimilarity, Numbers(context_.critic->Similarity(features_.back(), captions))},
      {kSaturation, Numbers(look.saturation)},
      {kContrast, Numbers(look.contrast)},
      {kSharpness, Numbers(look.sharpness)}};
  for (size_t i = 0; i < pictures_.size(); ++i) {
    const size_t index = num_flushed_ + i;
    for (const auto& [name, values] : columns) Put(index, name, values[i]);
    STROBE_ASSIGN_OR_RETURN(
        const Verdict verdict,
        benchmark.Judge(index, pictures_[i], features_.back()[static_cast<int64_t>(i)]));
    for (const auto& [name, value] : verdict) Put(index, name, value);
  }
  num_flushed_ += pictures_.size();
  pictures_.clear();
  return absl::OkStatus();
}

absl::StatusOr<RowStatistics> RowMeasurement::Finish() {
  STROBE_RETURN_IF_ERROR(Flush());
  const at::Tensor counts = CountsOf(num_flushed_, context_.seed, context_.resamples);
  RowStatistics statistics;
  for (auto& [name, values] : columns_) {
    values.resize(num_flushed_, kNone);
    statistics[name] = MeanOfColumn(values, counts);
  }
  const at::Tensor features = at::cat(features_);
  statistics[kFrechet] = FrechetOf(features, *context_.references, counts);
  statistics[kDiscrepancy] = DiscrepancyOf(features, context_.references->discrepancy(), counts);
  const SlicedWasserstein& patches = context_.references->patches();
  statistics[kPatches] = {patches.DistanceTo(patches_),
                          patches.ResampledDistances(patches_, counts)};
  return statistics;
}

}  // namespace strobe::model
