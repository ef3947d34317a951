// Everything between a loss and the next set of weights: gradient, clipping, AdamW, average.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_LEARNER_H_
#define STROBE_MODEL_TRAINING_NETWORKS_LEARNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/training/networks/adam_w.h"
#include "model/training/networks/learning_rate.h"
#include "model/training/networks/parameter_set.h"

namespace strobe::model {

// Parameters that learn at their own rate.
struct LearningGroup {
  std::string name;  // "unet", "text_encoder", ...: starts the names in State()
  ParameterSet* parameters = nullptr;
  double rate_scale = 1.0;
};

struct LearnerOptions {
  LearningRateSchedule schedule;
  AdamWOptions adam;
  double clip_norm = 1.0;    // of all gradients together; 0: no clipping
  double ema_decay = 0.996;  // of the averaged weights; lower in the first steps
};

struct LearnerReport {
  double loss = 0.0;
  double gradient_norm = 0.0;  // before clipping
  double learning_rate = 0.0;
};

// Scales the gradients of all groups so that their common 2-norm is at most `max_norm` (0: leaves
// them) and returns the norm before that.
double ClipGradientNorm(const std::vector<LearningGroup>& groups, double max_norm);

// Updates one or more parameter sets, which must outlive it, and keeps an exponential moving
// average of each. Not thread-safe.
class Learner {
 public:
  Learner(std::vector<LearningGroup> groups, const LearnerOptions& options);

  // Adds the gradient of the scalar `loss` / `parts` to those since the last Update, for step
  // `step` (from 0). INVALID_ARGUMENT names the step when the loss is not finite.
  absl::Status Accumulate(const at::Tensor& loss, int64_t step, int parts = 1);

  // Goes down the gradients that were accumulated. INVALID_ARGUMENT names the step when one of them
  // is not finite; no weight has changed then.
  absl::StatusOr<LearnerReport> Update(int64_t step);

  // Both in one.
  absl::StatusOr<LearnerReport> Step(const at::Tensor& loss, int64_t step);

  // The averaged weights of group `index`, updated in place by Step: a module built from them
  // always computes with the current average.
  ParameterSet& averaged(size_t index) { return *averages_[index]; }

  // Everything that the next step depends on, uncopied: weights, averages and moments.
  StateDict State() const;

 private:
  void DropGradients();
  void UpdateAverages(int64_t step);

  std::vector<LearningGroup> groups_;
  LearnerOptions options_;
  std::vector<AdamW> optimizers_;
  std::vector<std::unique_ptr<ParameterSet>> averages_;
  double accumulated_loss_ = 0.0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_LEARNER_H_
