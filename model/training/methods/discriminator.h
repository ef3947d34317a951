// Tells the student's latents from those of real pictures, on the teacher's features.

#ifndef STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_H_
#define STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/layers/conv_2d.h"
#include "model/layers/linear.h"
#include "model/sampling/noise_schedule.h"
#include "model/training/data/training_recipe.h"
#include "model/training/methods/distillation_method.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/parameter_set.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {

// Hinge losses (Lim and Ye 2017). A small convolutional head with a projection of the prompt
// (Miyato and Koyama 2018) reads what the frozen teacher's mid block makes of latents that were
// noised to a random timestep; it gives a logit a place. Not thread-safe.
class Discriminator {
 public:
  // The teacher of `networks` must outlive this.
  Discriminator(const DistillationRecipe& recipe, const DistillationNetworks& networks,
                const NoiseSchedule& schedule);

  // Learns from the batch's pictures against `x0` (detached), then judges `x0`: the scalar to be
  // added to the student's loss, the hinge -mean D. Writes "loss_discriminator" and
  // "loss_adversarial" to `extras`. Errors are those of the data, or a loss that is not finite.
  absl::StatusOr<at::Tensor> LossOf(const at::Tensor& x0, const DistillationBatch& batch,
                                    StepRandom& random, std::map<std::string, double>& extras);

  // A logit for each sample and place, [B, h', w'], of latents at `timesteps`.
  at::Tensor Judge(const at::Tensor& noisy, const std::vector<double>& timesteps,
                   const Conditioning& conditioning) const;

  // Everything that the next call depends on, uncopied.
  StateDict State() const { return learner_->State(); }

 private:
  DistillationRecipe recipe_;
  const UNet2DConditionModel* teacher_;
  NoiseSchedule schedule_;
  ParameterSet weights_;
  std::unique_ptr<Learner> learner_;
  std::optional<Conv2d> reduce_;
  std::optional<Conv2d> mix_;
  std::optional<Conv2d> score_;
  std::optional<Linear> project_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_H_
