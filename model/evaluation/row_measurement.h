// Everything that is measured on the pictures of one model.

#ifndef STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_
#define STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/evaluation/benchmark.h"
#include "model/evaluation/picture_critic.h"
#include "model/evaluation/reference_pictures.h"
#include "model/evaluation/report/comparison_rows.h"
#include "model/evaluation/statistics/sliced_wasserstein.h"

namespace strobe::model {

// What a measurement compares with; must outlive it.
struct MeasurementContext {
  const Benchmark* benchmark = nullptr;
  const PictureCritic* critic = nullptr;
  const ReferencePictures* references = nullptr;
  uint64_t seed = 9;  // of the resamples of the prompts
  int resamples = 1000;
};

// Collects the pictures of one model. Not thread-safe.
class RowMeasurement {
 public:
  explicit RowMeasurement(const MeasurementContext& context) : context_(context) {}

  // The pictures of the prompts in their order, float32 [3, H, W] in 0..1. Errors are the judge's.
  absl::Status Add(const at::Tensor& picture);

  // After the last picture: all statistics but the spreads, resampled.
  absl::StatusOr<RowStatistics> Finish();

 private:
  absl::Status Flush();
  // Of prompt `index`; prompts without a value are left out of the mean.
  void Put(size_t index, const std::string& column, double value);

  MeasurementContext context_;
  std::vector<at::Tensor> pictures_;  // since the last flush
  std::vector<at::Tensor> features_;
  PatchProjections patches_;
  std::map<std::string, std::vector<double>> columns_;  // NaN where a prompt has none
  size_t num_flushed_ = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_
