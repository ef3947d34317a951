// Reads the spread over seeds off a model's pictures.

#ifndef STROBE_MODEL_EVALUATION_SPREAD_MEASUREMENT_H_
#define STROBE_MODEL_EVALUATION_SPREAD_MEASUREMENT_H_

#include <atomic>
#include <vector>

#include "absl/status/statusor.h"
#include "model/evaluation/detectors/seed_spread.h"
#include "model/evaluation/report/comparison_rows.h"
#include "model/evaluation/report/evaluation_prompts.h"
#include "model/pipeline/text_to_image_pipeline.h"

namespace strobe::model {

// Prompts of one object, many seeds each, and what the truth does for them. Immutable.
class SpreadMeasurement {
 public:
  // Draws the true pictures of `num_prompts` prompts. Errors are the detectors'.
  static absl::StatusOr<SpreadMeasurement> Create(const PromptSet& set, int num_prompts,
                                                  int num_seeds);

  // Draws the prompts as `row` says and puts the ratio to the truth of each attribute into
  // `statistics`. CANCELLED when interrupted; errors are the pipeline's.
  absl::Status Measure(TextToImagePipeline& pipeline, const ComparisonRow& row, int resamples,
                       const std::atomic<bool>* interrupted, RowStatistics& statistics) const;

 private:
  PromptSet set_;
  int num_seeds_ = 0;
  std::vector<EvaluationPrompt> prompts_;
  std::vector<PromptVariance> truth_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_SPREAD_MEASUREMENT_H_
