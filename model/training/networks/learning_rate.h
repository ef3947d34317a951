// The learning rate as a function of the step.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_LEARNING_RATE_H_
#define STROBE_MODEL_TRAINING_NETWORKS_LEARNING_RATE_H_

#include <cstdint>

namespace strobe::model {

// Linear from 0 over the first `warmup_steps`, flat until `flat_share` of all steps, then half a
// cosine down to 0 after the last one. A function of steps, not of time, so that a resumed run goes
// on exactly where it stopped.
struct LearningRateSchedule {
  double peak = 1e-3;
  int64_t num_steps = 1;
  int64_t warmup_steps = 0;
  double flat_share = 0.0;  // 0..1

  // `step` counts from 0; the first step has a rate above 0.
  double At(int64_t step) const;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_LEARNING_RATE_H_
