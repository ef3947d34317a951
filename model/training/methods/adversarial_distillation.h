// Adversarial diffusion distillation (Sauer et al. 2023), the four-step baseline.

#ifndef STROBE_MODEL_TRAINING_METHODS_ADVERSARIAL_DISTILLATION_H_
#define STROBE_MODEL_TRAINING_METHODS_ADVERSARIAL_DISTILLATION_H_

#include <memory>
#include <utility>
#include <vector>

#include "model/training/methods/discriminator.h"
#include "model/training/methods/distillation_method.h"
#include "model/training/methods/step_tables.h"

namespace strobe::model {

// The student predicts x0 from a picture's latent that was noised to one of its own timesteps (pure
// noise at the first). The loss is the discriminator's verdict plus a distillation term: x0,
// detached, is noised to a random timestep t, the guided teacher predicts x0 from that, and the
// mean square of the difference counts alpha_t. The discriminator reads the teacher's features here
// too (as in Sauer et al. 2024), where the first paper takes a vision transformer's on pictures;
// its share of the gradient is the recipe's, where the first paper weighs it 1 to 2.5.
class AdversarialDistillation final : public DistillationMethod {
 public:
  static absl::StatusOr<std::unique_ptr<AdversarialDistillation>> Create(
      const DistillationRecipe& recipe, const StepTableBuilder& builder,
      const DistillationNetworks& networks);

  absl::StatusOr<DistillationLoss> Loss(const DistillationBatch& batch,
                                        StepRandom& random) override;
  StateDict State() const override { return discriminator_.State(); }

 private:
  AdversarialDistillation(const DistillationRecipe& recipe, StudentSteps steps,
                          const DistillationNetworks& networks)
      : steps_(std::move(steps)),
        networks_(networks),
        discriminator_(recipe, networks, steps_.schedule) {}

  StudentSteps steps_;
  DistillationNetworks networks_;
  Discriminator discriminator_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_ADVERSARIAL_DISTILLATION_H_
