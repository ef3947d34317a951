// Everything that is measured on the pictures of one model.

#ifndef STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_
#define STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "model/evaluation/reference_pictures.h"
#include "model/evaluation/report/comparison_rows.h"
#include "model/evaluation/report/evaluation_prompts.h"
#include "model/evaluation/report/statistic_names.h"
#include "model/evaluation/picture_critic.h"
#include "model/evaluation/statistics/sliced_wasserstein.h"

namespace strobe::model {

// What a measurement compares with; must outlive it.
struct MeasurementContext {
  PromptSet set;
  const std::vector<EvaluationPrompt>* prompts = nullptr;
  const PictureCritic* critic = nullptr;
  const ReferencePictures* references = nullptr;
  int resamples = 1000;  // of the prompts, by set.seed
};

// Collects the pictures of one model. Not thread-safe.
class RowMeasurement {
 public:
  explicit RowMeasurement(const MeasurementContext& context) : context_(context) {}

  // The pictures of the prompts in their order, float32 [3, H, W] in 0..1. INTERNAL when one is not
  // finite.
  absl::Status Add(const at::Tensor& picture);

  // After the last picture: all statistics but the spreads, resampled.
  RowStatistics Finish();

 private:
  void Flush();
  absl::Status ReadPixels(const at::Tensor& picture);
  // Of the prompt that is being added; prompts without one are left out of the mean.
  void Put(absl::string_view column, double value);

  MeasurementContext context_;
  std::vector<at::Tensor> pictures_;  // since the last flush
  std::vector<at::Tensor> features_;
  PatchProjections patches_;
  std::map<std::string, std::vector<double>> columns_;  // NaN where a prompt has none
  size_t num_added_ = 0;
  size_t num_flushed_ = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_
