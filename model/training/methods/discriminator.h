// Tells the student's latents from real ones, on the teacher's features.

#ifndef STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_H_
#define STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/sampling/noise_schedule.h"
#include "model/training/data/training_recipe.h"
#include "model/training/methods/adversarial_balance.h"
#include "model/training/methods/discriminator_head.h"
#include "model/training/methods/distillation_method.h"
#include "model/training/networks/learner.h"
#include "model/training/networks/parameter_set.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {

// What the student answered and what it should have.
struct StudentAnswer {
  at::Tensor x0;      // [B, C, h, w], with the student's gradient
  at::Tensor target;  // the teacher's x0
  at::Tensor pull;    // gradient of the reconstruction loss at x0, detached
};

// Hinge losses (Lim and Ye 2017). A head on every level of the frozen teacher's encoder and on its
// mid block reads latents that were noised to a random timestep, as in latent adversarial diffusion
// distillation (Sauer et al. 2024). It learns at a flat rate without momentum, several times for
// each call. Not thread-safe.
class Discriminator {
 public:
  // The teacher of `networks` must outlive this.
  Discriminator(const DistillationRecipe& recipe, const DistillationNetworks& networks,
                const NoiseSchedule& schedule);

  // Learns real latents (the batch's pictures, or the teacher's answers) from the student's, then
  // judges the student's: the scalar to be added to its loss, the hinge -mean D times the factor of
  // AdversarialBalance. Writes "loss_discriminator" and, once the verdict counts,
  // "loss_adversarial", "adversarial_factor" and "gradient_ratio" (at x0, of the weighed
  // adversarial loss to the reconstruction) to `extras`. Errors are those of the data, or a loss
  // that is not finite.
  absl::StatusOr<at::Tensor> LossOf(const StudentAnswer& answer, const DistillationBatch& batch,
                                    StepRandom& random, std::map<std::string, double>& extras);

  // A logit for each sample, head and place, [B, places], of latents at `timesteps`.
  at::Tensor Judge(const at::Tensor& noisy, const std::vector<double>& timesteps,
                   const Conditioning& conditioning) const;

  // Everything that the next call depends on, uncopied.
  StateDict State() const;

 private:
  at::Tensor JudgeNoised(const at::Tensor& latents, const Conditioning& conditioning,
                         StepRandom& random) const;
  // Returns the loss of the last update.
  absl::StatusOr<double> Learn(const at::Tensor& real, const at::Tensor& made,
                               const Conditioning& conditioning, StepRandom& random);
  at::Tensor Verdict(const StudentAnswer& answer, const Conditioning& conditioning,
                     StepRandom& random, std::map<std::string, double>& extras);

  DistillationRecipe recipe_;
  const UNet2DConditionModel* teacher_;
  NoiseSchedule schedule_;
  ParameterSet weights_;
  std::unique_ptr<Learner> learner_;
  std::vector<DiscriminatorHead> heads_;
  AdversarialBalance balance_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_H_
