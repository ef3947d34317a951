// Latent consistency distillation (Luo et al. 2023), the few-step baseline that draws fresh noise.

#ifndef STROBE_MODEL_TRAINING_METHODS_LATENT_CONSISTENCY_H_
#define STROBE_MODEL_TRAINING_METHODS_LATENT_CONSISTENCY_H_

#include <memory>

#include "model/sampling/noise_schedule.h"
#include "model/training/methods/distillation_method.h"

namespace strobe::model {

// A picture's latent is noised to one of 50 evenly spread timesteps; the guided teacher takes one
// DDIM step to the next lower one. The student's x0 at the first is to be that of its own moving
// average at the second (the latent itself where no noise is left): the mean over the elements of
// sqrt(d^2 + 0.001^2) - 0.001. The student is sampled with LCMScheduler, which the output names.
class LatentConsistency final : public DistillationMethod {
 public:
  static absl::StatusOr<std::unique_ptr<LatentConsistency>> Create(
      const DistillationRecipe& recipe, const StepTableBuilder& builder,
      const DistillationNetworks& networks);

  absl::StatusOr<DistillationLoss> Loss(const DistillationBatch& batch,
                                        StepRandom& random) override;
  nlohmann::json StudentScheduler(const nlohmann::json& teacher) const override;

 private:
  LatentConsistency(const NoiseSchedule& schedule, PredictionType prediction_type,
                    const DistillationNetworks& networks)
      : schedule_(schedule), prediction_type_(prediction_type), networks_(networks) {}

  NoiseSchedule schedule_;
  PredictionType prediction_type_;
  DistillationNetworks networks_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_LATENT_CONSISTENCY_H_
