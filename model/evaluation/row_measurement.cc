#include "model/evaluation/row_measurement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "base/status_macros.h"
#include "model/evaluation/detectors/palette_error.h"
#include "model/evaluation/statistics/feature_moments.h"
#include "model/evaluation/statistics/picture_look.h"
#include "model/pipeline/text_to_image_pipeline.h"

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

void RowMeasurement::Put(absl::string_view column, double value) {
  std::vector<double>& values = columns_[std::string(column)];
  values.resize(num_added_, kNone);
  values.push_back(value);
}

absl::Status RowMeasurement::ReadPixels(const at::Tensor& picture) {
  const EvaluationPrompt& prompt = (*context_.prompts)[num_added_];
  STROBE_ASSIGN_OR_RETURN(const RgbImage image, ToRgbImage(picture));
  STROBE_ASSIGN_OR_RETURN(const DetectedScene scene, DetectScene(image, context_.set.domain));
  const AlignmentScore score = ScoreAlignment(scene, prompt.caption.truth);
  for (int i = 0; i < kNumAttributes; ++i) {
    const Attribute attribute = static_cast<Attribute>(i);
    if (score.share(attribute).has_value()) Put(AttributeName(attribute), *score.share(attribute));
  }
  const double all_right = score.AllRight() ? 1.0 : 0.0;
  Put(kAlignment, score.Mean());
  Put(kComplex, all_right);
  if (prompt.held_out) Put(kHeldOut, all_right);
  const PaletteError error = PaletteErrorOf(scene);
  Put(kBackgroundError, error.background);
  if (error.objects.has_value()) Put(kObjectError, *error.objects);
  return absl::OkStatus();
}

absl::Status RowMeasurement::Add(const at::Tensor& picture) {
  STROBE_RETURN_IF_ERROR(ReadPixels(picture));
  ++num_added_;
  pictures_.push_back(picture);
  if (pictures_.size() >= kFlush) Flush();
  return absl::OkStatus();
}

void RowMeasurement::Flush() {
  if (pictures_.empty()) return;
  const at::NoGradGuard no_grad;
  at::Tensor pictures = at::stack(pictures_).to(at::kCPU);
  if (pictures.size(2) != kReferenceSize || pictures.size(3) != kReferenceSize) {
    pictures = at::upsample_bilinear2d(pictures, {kReferenceSize, kReferenceSize}, false);
  }
  std::vector<std::string> captions;
  for (size_t i = num_flushed_; i < num_added_; ++i) {
    captions.push_back((*context_.prompts)[i].caption.text);
  }
  num_flushed_ = num_added_;
  features_.push_back(context_.critic->Features(pictures));
  patches_.Add(pictures);
  const PictureLook look = LookOf(pictures);
  const std::pair<const char*, at::Tensor> columns[] = {
      {kSimilarity, context_.critic->Similarity(features_.back(), captions)},
      {kSaturation, look.saturation},
      {kContrast, look.contrast},
      {kSharpness, look.sharpness}};
  for (const auto& [name, values] : columns) {
    std::vector<double>& column = columns_[name];
    for (const double value : Numbers(values)) column.push_back(value);
  }
  pictures_.clear();
}

RowStatistics RowMeasurement::Finish() {
  Flush();
  const at::Tensor counts = CountsOf(num_added_, context_.set.seed, context_.resamples);
  RowStatistics statistics;
  for (auto& [name, values] : columns_) {
    values.resize(num_added_, kNone);
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
