// How much the discriminator's verdict counts beside the reconstruction.

#ifndef STROBE_MODEL_TRAINING_METHODS_ADVERSARIAL_BALANCE_H_
#define STROBE_MODEL_TRAINING_METHODS_ADVERSARIAL_BALANCE_H_

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "model/weights/state_dict_loader.h"

namespace strobe::model {

struct AdversarialBalanceOptions {
  double share = 0.2;    // of the reconstruction's gradient at x0
  int64_t warmup = 100;  // calls in which the verdict does not count: the head knows nothing yet
  int64_t ramp = 100;    // calls in which its share grows to `share`
};

// The factor of the adversarial loss that gives its gradient at x0 a fixed share of the
// reconstruction's, whatever both losses are worth by then. The measured ratio of the two gradients
// is averaged over some twenty calls. Not thread-safe.
class AdversarialBalance {
 public:
  explicit AdversarialBalance(const AdversarialBalanceOptions& options);

  // The share wanted in call `call` (from 0): 0 while warming up.
  double ShareAt(int64_t call) const;

  // Takes the norms of both gradients at x0 in call `call` and returns the factor; 0 where the
  // adversarial gradient has been 0 so far.
  double FactorAt(int64_t call, double reconstruction_norm, double adversarial_norm);

  // The averaged ratio, uncopied: saved and restored with a run.
  StateDict State() const { return {{"adversarial_balance/ratio", ratio_}}; }

 private:
  AdversarialBalanceOptions options_;
  at::Tensor ratio_;  // float32 [1], of adversarial to reconstruction; 0: none measured yet
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_ADVERSARIAL_BALANCE_H_
