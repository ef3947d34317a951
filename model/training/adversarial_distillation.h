// Adversarial diffusion distillation (Sauer et al. 2023), the four-step baseline.

#ifndef STROBE_MODEL_TRAINING_ADVERSARIAL_DISTILLATION_H_
#define STROBE_MODEL_TRAINING_ADVERSARIAL_DISTILLATION_H_

#include <memory>
#include <utility>
#include <vector>

#include "model/sampling/noise_schedule.h"
#include "model/training/discriminator.h"
#include "model/training/distillation_method.h"

namespace strobe::model {

// The student predicts x0 from a picture's latent that was noised to one of its own timesteps (pure
// noise at the first). The loss is the discriminator's verdict plus a distillation term: x0,
// detached, is noised to a random timestep t, the guided teacher predicts x0 from that, and the
// mean square of the difference counts alpha_t. The discriminator reads the teacher's features here
// too (as in Sauer et al. 2024), where the first paper takes a vision transformer's.
class AdversarialDistillation final : public DistillationMethod {
 public:
  static absl::StatusOr<std::unique_ptr<AdversarialDistillation>> Create(
      const DistillationRecipe& recipe, const StepTableBuilder& builder,
      const DistillationNetworks& networks);

  absl::StatusOr<DistillationLoss> Loss(const DistillationBatch& batch,
                                        StepRandom& random) override;
  StateDict State() const override { return discriminator_.State(); }

 private:
  AdversarialDistillation(const DistillationRecipe& recipe, const NoiseSchedule& schedule,
                          PredictionType prediction_type, const DistillationNetworks& networks,
                          std::vector<StepTable> tables)
      : recipe_(recipe),
        schedule_(schedule),
        prediction_type_(prediction_type),
        networks_(networks),
        tables_(std::move(tables)),
        discriminator_(recipe, networks.teacher, schedule) {}

  DistillationRecipe recipe_;
  NoiseSchedule schedule_;
  PredictionType prediction_type_;
  DistillationNetworks networks_;
  std::vector<StepTable> tables_;  // one for each of recipe_.step_counts
  Discriminator discriminator_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_ADVERSARIAL_DISTILLATION_H_
