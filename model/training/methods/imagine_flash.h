// Imagine Flash (Kohler et al. 2024): backward distillation with a shifted reconstruction loss.

#ifndef STROBE_MODEL_TRAINING_METHODS_IMAGINE_FLASH_H_
#define STROBE_MODEL_TRAINING_METHODS_IMAGINE_FLASH_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model/training/methods/discriminator.h"
#include "model/training/methods/distillation_method.h"
#include "model/training/methods/renoising.h"
#include "model/training/methods/shift_table.h"
#include "model/training/methods/step_tables.h"

namespace strobe::model {

// For each row a step count n and a step k are drawn. The student goes there by itself from pure
// noise, without gradient, and predicts x0 with gradient. That x0, detached, is noised again to the
// level gamma(t); the teacher, guided, solves from there to its own x0. The loss is the mean square
// of the difference.
//   Without backward distillation the input is a noised latent of the data instead.
//   Without the shifted reconstruction the teacher starts from the student's own input.
// A discriminator on the teacher's features adds its verdict on x0; it alone looks at pictures.
// The paper gives neither the noise of "noised again" nor gamma nor the teacher's solver: those are
// this program's (renoising.h, shift_table.h, teacher_solver.h).
class ImagineFlash final : public DistillationMethod {
 public:
  static absl::StatusOr<std::unique_ptr<ImagineFlash>> Create(const DistillationRecipe& recipe,
                                                              const StepTableBuilder& builder,
                                                              const DistillationNetworks& networks);

  absl::StatusOr<DistillationLoss> Loss(const DistillationBatch& batch,
                                        StepRandom& random) override;

  StateDict State() const override {
    return discriminator_.has_value() ? discriminator_->State() : StateDict();
  }

 private:
  ImagineFlash(const DistillationRecipe& recipe, StudentSteps steps, Renoise renoise,
               ShiftTable shift, const DistillationNetworks& networks)
      : recipe_(recipe),
        steps_(std::move(steps)),
        renoise_(renoise),
        shift_(std::move(shift)),
        networks_(networks) {
    if (recipe.discriminator) discriminator_.emplace(recipe, networks, steps_.schedule);
  }

  // What the student sees, without gradient.
  absl::StatusOr<at::Tensor> InputOf(const std::vector<StepPosition>& positions,
                                     const at::Tensor& noise, const DistillationBatch& batch) const;

  // The teacher's x0, which the student's is to become.
  at::Tensor TargetOf(const StudentPrediction& student, const std::vector<double>& timesteps,
                      const DistillationBatch& batch, StepRandom& random) const;

  DistillationRecipe recipe_;
  StudentSteps steps_;
  Renoise renoise_;
  ShiftTable shift_;
  DistillationNetworks networks_;
  std::optional<Discriminator> discriminator_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_IMAGINE_FLASH_H_
