// Reads the spread over seeds off a model's pictures.

#ifndef STROBE_MODEL_EVALUATION_SPREAD_MEASUREMENT_H_
#define STROBE_MODEL_EVALUATION_SPREAD_MEASUREMENT_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "model/evaluation/benchmark.h"
#include "model/evaluation/detectors/seed_spread.h"
#include "model/evaluation/report/comparison_rows.h"
#include "model/pipeline/text_to_image_pipeline.h"

namespace strobe::model {

// Prompts that are drawn with many seeds each, and what the truth does for them. Immutable.
class SpreadMeasurement {
 public:
  // Looks at the true pictures of the spread prompts of `benchmark`, which must outlive it. `seed`
  // is that of the noise and of the resamples. Errors are the benchmark's.
  static absl::StatusOr<SpreadMeasurement> Create(const Benchmark* benchmark, int num_seeds,
                                                  uint64_t seed);

  // Draws the prompts as `row` says and puts the ratio to the truth of each attribute into
  // `statistics`; nothing where there are no such prompts. CANCELLED when interrupted; errors are
  // the pipeline's.
  absl::Status Measure(TextToImagePipeline& pipeline, const ComparisonRow& row, int resamples,
                       const std::atomic<bool>* interrupted, RowStatistics& statistics) const;

 private:
  const Benchmark* benchmark_ = nullptr;
  int num_seeds_ = 0;
  uint64_t seed_ = 0;
  std::vector<PromptVariance> truth_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_SPREAD_MEASUREMENT_H_
