#include "model/evaluation/row_measurement.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "base/status_macros.h"
#include "model/evaluation/frechet_distance.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr size_t kFlush = 100;
constexpr int kResamples = 20;

}  // namespace

double FrechetHalfWidth(const at::Tensor& features, const at::Tensor& references, uint64_t seed) {
  std::vector<double> distances;
  for (int resample = 0; resample < kResamples; ++resample) {
    SceneRandom random(seed, static_cast<uint64_t>(resample));
    std::vector<int64_t> rows(static_cast<size_t>(features.size(0)));
    for (int64_t& row : rows) row = random.Below(static_cast<int>(features.size(0)));
    distances.push_back(
        FrechetDistance(at::index_select(features, 0, at::tensor(rows, at::kLong)), references));
  }
  // The spread of single resamples, not of their mean.
  return EstimateMean(distances).half_width * std::sqrt(static_cast<double>(kResamples));
}

absl::Status RowMeasurement::Add(size_t index, const at::Tensor& picture) {
  const EvaluationPrompt& prompt = (*prompts_)[index];
  STROBE_ASSIGN_OR_RETURN(const RgbImage image, ToRgbImage(picture));
  STROBE_ASSIGN_OR_RETURN(const AlignmentScore score, ScorePicture(image, prompt, domain_));
  for (int i = 0; i < kNumAttributes; ++i) {
    const std::optional<double> share = score.share(static_cast<Attribute>(i));
    if (share.has_value()) shares_[i].push_back(*share);
  }
  means_.push_back(score.Mean());
  all_right_.push_back(score.AllRight() ? 1.0 : 0.0);
  if (prompt.held_out) held_out_.push_back(all_right_.back());
  pictures_.push_back(picture);
  captions_.push_back(prompt.caption.text);
  if (pictures_.size() >= kFlush) FlushPictures();
  return absl::OkStatus();
}

void RowMeasurement::FlushPictures() {
  if (pictures_.empty()) return;
  const at::NoGradGuard no_grad;
  features_.push_back(critic_->Features(at::stack(pictures_)));
  const at::Tensor similarities = critic_->Similarity(features_.back(), captions_);
  for (int64_t i = 0; i < similarities.size(0); ++i) {
    similarities_.push_back(similarities[i].item<double>());
  }
  pictures_.clear();
  captions_.clear();
}

RowResult RowMeasurement::Finish(const at::Tensor& references, uint64_t seed) {
  FlushPictures();
  RowResult result;
  for (const std::vector<double>& shares : shares_) {
    result.attributes.push_back(shares.empty() ? std::optional<Estimate>() : EstimateMean(shares));
  }
  result.alignment = EstimateMean(means_);
  result.complex = EstimateMean(all_right_);
  result.held_out_complex = EstimateMean(held_out_);
  result.similarity = EstimateMean(similarities_);
  const at::Tensor features = at::cat(features_);
  result.frechet = {FrechetDistance(features, references),
                    FrechetHalfWidth(features, references, seed)};
  return result;
}

}  // namespace strobe::model
