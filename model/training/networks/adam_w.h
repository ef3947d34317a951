// AdamW (Loshchilov and Hutter 2019, algorithm 2), as torch.optim.AdamW computes it.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_ADAM_W_H_
#define STROBE_MODEL_TRAINING_NETWORKS_ADAM_W_H_

#include <cstdint>

#include "model/training/networks/parameter_set.h"

namespace strobe::model {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.99;
  double eps = 1e-8;
  double weight_decay = 0.01;  // times the learning rate, off the parameter itself
};

// Moments of one parameter set, which must outlive this. Not thread-safe.
class AdamW {
 public:
  AdamW(ParameterSet* parameters, const AdamWOptions& options);

  // Update number `update` (from 1) with the gradients of the set; parameters without one stay. Its
  // number is an argument so that moments are the whole state.
  void Step(int64_t update, double learning_rate);

  // "first.<name>" and "second.<name>": the moments themselves, to be saved or overwritten.
  StateDict State() const;

 private:
  ParameterSet* parameters_;
  AdamWOptions options_;
  StateDict first_moments_;
  StateDict second_moments_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_ADAM_W_H_
