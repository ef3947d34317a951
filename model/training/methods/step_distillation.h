// Step distillation (Salimans and Ho 2022): one student step learns to do K teacher steps.

#ifndef STROBE_MODEL_TRAINING_METHODS_STEP_DISTILLATION_H_
#define STROBE_MODEL_TRAINING_METHODS_STEP_DISTILLATION_H_

#include <memory>
#include <utility>
#include <vector>

#include "model/training/methods/distillation_method.h"
#include "model/training/methods/step_tables.h"

namespace strobe::model {

// The baseline of the comparison. A latent of the data is noised to a step of the student's table;
// the teacher, guided, takes K DDIM steps to where that step leads, and the student learns the x0
// that brings it there in one (appendix G of the paper). Every step starts from real data: unlike
// at sampling, the input leaks the picture.
class StepDistillation final : public DistillationMethod {
 public:
  static absl::StatusOr<std::unique_ptr<StepDistillation>> Create(
      const DistillationRecipe& recipe, const StepTableBuilder& builder,
      const DistillationNetworks& networks);

  absl::StatusOr<DistillationLoss> Loss(const DistillationBatch& batch,
                                        StepRandom& random) override;

 private:
  StepDistillation(const DistillationRecipe& recipe, StudentSteps steps,
                   const DistillationNetworks& networks)
      : recipe_(recipe), steps_(std::move(steps)), networks_(networks) {}

  DistillationRecipe recipe_;
  StudentSteps steps_;
  DistillationNetworks networks_;
};

// The x0 with which one deterministic step of `row` leads from `latents` to `target`:
// (target - r latents) / (next.alpha - r alpha), r = next.sigma / sigma. A row each, [B, C, h, w].
at::Tensor X0OfStep(const at::Tensor& latents, const at::Tensor& target,
                    const std::vector<StepRow>& rows);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_STEP_DISTILLATION_H_
