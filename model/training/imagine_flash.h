// Imagine Flash (Kohler et al. 2024): backward distillation with a shifted reconstruction loss.

#ifndef STROBE_MODEL_TRAINING_IMAGINE_FLASH_H_
#define STROBE_MODEL_TRAINING_IMAGINE_FLASH_H_

#include <vector>

#include "model/sampling/noise_schedule.h"
#include "model/training/distillation_method.h"

namespace strobe::model {

// For each row a step count n and a step k are drawn. The student goes there by itself from pure
// noise, without gradient, and predicts x0 with gradient. That x0, detached, is noised again to the
// level gamma(t) = low + t / 999 (high - low); the teacher, guided, takes K DDIM steps from there
// to its own x0. The loss is the mean square of the difference.
//   Without backward distillation the input is a noised latent of the data instead.
//   Without the shifted reconstruction the teacher starts from the student's own input.
// The closed form of gamma and K are this program's choice: the paper does not give them.
class ImagineFlash final : public DistillationMethod {
 public:
  static absl::StatusOr<std::unique_ptr<ImagineFlash>> Create(const DistillationRecipe& recipe,
                                                              const StepTableBuilder& builder,
                                                              const DistillationNetworks& networks);

  absl::StatusOr<DistillationLoss> Loss(const DistillationBatch& batch,
                                        StepRandom& random) override;

  // gamma(t), a label of the teacher, rounded.
  int ShiftedTimestep(double timestep) const;

 private:
  ImagineFlash(const DistillationRecipe& recipe, const NoiseSchedule& schedule,
               PredictionType prediction_type, const DistillationNetworks& networks,
               std::vector<StepTable> tables)
      : recipe_(recipe),
        schedule_(schedule),
        prediction_type_(prediction_type),
        networks_(networks),
        tables_(std::move(tables)) {}

  DistillationRecipe recipe_;
  NoiseSchedule schedule_;
  PredictionType prediction_type_;
  DistillationNetworks networks_;
  std::vector<StepTable> tables_;  // one for each of recipe_.step_counts
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_IMAGINE_FLASH_H_
