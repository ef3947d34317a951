// Everything that is measured on the pictures of one row.

#ifndef STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_
#define STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_

#include <array>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "model/evaluation/comparison_rows.h"
#include "model/evaluation/evaluation_prompts.h"
#include "model/evaluation/scene_critic.h"

namespace strobe::model {

// The half of the 95 % interval of the Frechet distance, by resampling the rows of `features`.
double FrechetHalfWidth(const at::Tensor& features, const at::Tensor& references, uint64_t seed);

// Collects the pictures of one row. Everything passed must outlive it. Not thread-safe.
class RowMeasurement {
 public:
  RowMeasurement(SceneDomain domain, const std::vector<EvaluationPrompt>* prompts,
                 const SceneCritic* critic)
      : domain_(domain), prompts_(prompts), critic_(critic) {}

  // Picture `index`, float32 [3, H, W] in 0..1. INTERNAL when it is not finite.
  absl::Status Add(size_t index, const at::Tensor& picture);

  // After the last picture. `references`: features of true pictures, [M, D].
  RowResult Finish(const at::Tensor& references, uint64_t seed);

 private:
  void FlushPictures();

  SceneDomain domain_;
  const std::vector<EvaluationPrompt>* prompts_;
  const SceneCritic* critic_;
  std::vector<at::Tensor> pictures_;  // since the last flush
  std::vector<std::string> captions_;
  std::vector<at::Tensor> features_;
  std::vector<double> similarities_;
  std::vector<double> means_;
  std::vector<double> all_right_;
  std::vector<double> held_out_;
  std::array<std::vector<double>, kNumAttributes> shares_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_ROW_MEASUREMENT_H_
