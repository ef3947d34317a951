#include "model/training/methods/discriminator.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>

#include "base/status_macros.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/networks/parameter_init.h"

namespace strobe::model {
namespace {

constexpr int64_t kWidth = 64;
// Of 1000 timesteps: latents are judged at a little to medium noise, where the teacher's features
// tell detail.
constexpr int kLowestTimestep = 20;
constexpr int kHighestTimestep = 600;

}  // namespace

Discriminator::Discriminator(const DistillationRecipe& recipe, const DistillationNetworks& networks,
                             const NoiseSchedule& schedule)
    : recipe_(recipe), teacher_(networks.teacher), schedule_(schedule), weights_(networks.device) {
  StateDictLoader loader = weights_.Loader("discriminator", DefaultInitializer(recipe.seed));
  const UNetBlockConfig& lowest = teacher_->config().blocks.back();
  reduce_.emplace(loader, "reduce", Conv2d::Options{lowest.channels, kWidth, 1});
  mix_.emplace(loader, "mix", Conv2d::Options{kWidth, kWidth});
  score_.emplace(loader, "score", Conv2d::Options{kWidth, 1, 1});
  project_.emplace(loader, "project", Linear::Options{lowest.cross_attention_dim, kWidth});
  LearnerOptions options = recipe.student.ToLearnerOptions();
  options.schedule.peak = recipe.discriminator_rate;
  options.schedule.num_steps *= recipe.student.micro_batches;
  learner_ = std::make_unique<Learner>(
      std::vector<LearningGroup>{{"discriminator", &weights_, 1.0}}, options);
}

at::Tensor Discriminator::Judge(const at::Tensor& noisy, const std::vector<double>& timesteps,
                                const Conditioning& conditioning) const {
  const at::Tensor prompt = conditioning.conditional;
  const at::Tensor labels = PerRow(timesteps, noisy);
  const at::Tensor features =
      at::group_norm(teacher_->MidFeatures(noisy, labels, conditioning.Told()).to(at::kFloat),
                     /*num_groups=*/1);
  at::Tensor hidden = at::silu(reduce_->Forward(features));
  hidden = at::silu(mix_->Forward(hidden));
  // The last position of a causal text encoder has seen the whole prompt.
  const at::Tensor wanted = project_->Forward(prompt.select(1, -1)).view({-1, kWidth, 1, 1});
  return score_->Forward(hidden).squeeze(1).to(at::kFloat) +
         (hidden * wanted).to(at::kFloat).mean(1);
}

absl::StatusOr<at::Tensor> Discriminator::LossOf(const at::Tensor& x0,
                                                 const DistillationBatch& batch, StepRandom& random,
                                                 std::map<std::string, double>& extras) {
  STROBE_ASSIGN_OR_RETURN(const at::Tensor real, batch.data_latents());
  std::vector<double> timesteps;
  std::vector<NoiseLevel> levels;
  for (int64_t i = 0; i < x0.size(0); ++i) {
    const int drawn = kLowestTimestep + random.scalars().Below(kHighestTimestep - kLowestTimestep);
    const int timestep = drawn * schedule_.num_train_timesteps() / 1000;
    timesteps.push_back(timestep);
    levels.push_back(schedule_.Level(timestep));
  }
  const auto judge = [&](const at::Tensor& latents) {
    return Judge(AddNoise(latents, random.Noise(latents.sizes()), levels), timesteps,
                 batch.conditioning);
  };
  const at::Tensor loss =
      at::relu(1.0 - judge(real)).mean() + at::relu(1.0 + judge(x0.detach())).mean();
  {
    const Autocast off(Precision::kFloat32, x0.device().type());
    STROBE_ASSIGN_OR_RETURN(const LearnerReport learned, learner_->Step(loss, random.step()));
  }
  // The head is to stay as it is: only the student may learn from this.
  weights_.SetTrainable(false);
  const at::Tensor fooled = -judge(x0).mean();
  weights_.SetTrainable(true);
  extras["loss_discriminator"] = loss.item<double>();
  extras["loss_adversarial"] = fooled.item<double>();
  return fooled;
}

}  // namespace strobe::model
