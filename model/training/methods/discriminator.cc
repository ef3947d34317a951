#include "model/training/methods/discriminator.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/networks/mixed_precision.h"
#include "model/training/networks/parameter_init.h"

namespace strobe::model {
namespace {

// Of 1000 timesteps: from where the teacher's features tell fine detail to pure noise.
constexpr int kLowestTimestep = 20;

LearnerOptions OptionsOf(const DistillationRecipe& recipe) {
  LearnerOptions options = recipe.student.ToLearnerOptions();
  options.schedule = {recipe.discriminator_rate, /*num_steps=*/1, /*warmup_steps=*/0,
                      /*flat_share=*/1.0};
  options.schedule.num_steps =
      recipe.student.steps * recipe.student.micro_batches * recipe.discriminator_updates;
  // Momentum carries a head past a student that moves (Radford et al. 2015).
  options.adam.beta1 = 0.0;
  return options;
}

}  // namespace

Discriminator::Discriminator(const DistillationRecipe& recipe, const DistillationNetworks& networks,
                             const NoiseSchedule& schedule)
    : recipe_(recipe),
      teacher_(networks.teacher),
      schedule_(schedule),
      weights_(networks.device),
      balance_({recipe.adversarial_share, recipe.adversarial_warmup, recipe.adversarial_ramp}) {
  StateDictLoader loader = weights_.Loader("discriminator", DefaultInitializer(recipe.seed));
  const std::vector<UNetBlockConfig>& blocks = teacher_->config().blocks;
  const int64_t prompt_width = blocks.back().cross_attention_dim;
  for (size_t i = 0; i <= blocks.size(); ++i) {
    const int64_t channels = i < blocks.size() ? blocks[i].channels : blocks.back().channels;
    heads_.emplace_back(loader, absl::StrCat("heads.", i), channels, prompt_width);
  }
  learner_ = std::make_unique<Learner>(
      std::vector<LearningGroup>{{"discriminator", &weights_, 1.0}}, OptionsOf(recipe));
}

StateDict Discriminator::State() const {
  StateDict state = learner_->State();
  state.merge(balance_.State());
  return state;
}

at::Tensor Discriminator::Judge(const at::Tensor& noisy, const std::vector<double>& timesteps,
                                const Conditioning& conditioning) const {
  const std::vector<at::Tensor> features =
      teacher_->EncoderFeatures(noisy, PerRow(timesteps, noisy), conditioning.Told());
  std::vector<at::Tensor> logits;
  for (size_t i = 0; i < heads_.size(); ++i) {
    logits.push_back(heads_[i].Forward(features[i], conditioning.conditional));
  }
  return at::cat(logits, 1);
}

at::Tensor Discriminator::JudgeNoised(const at::Tensor& latents, const Conditioning& conditioning,
                                      StepRandom& random) const {
  std::vector<double> timesteps;
  std::vector<NoiseLevel> levels;
  for (int64_t i = 0; i < latents.size(0); ++i) {
    const int drawn = kLowestTimestep + random.scalars().Below(1000 - kLowestTimestep);
    timesteps.push_back(drawn * schedule_.num_train_timesteps() / 1000);
    levels.push_back(schedule_.Level(static_cast<int>(timesteps.back())));
  }
  return Judge(AddNoise(latents, random.Noise(latents.sizes()), levels), timesteps, conditioning);
}

absl::StatusOr<double> Discriminator::Learn(const at::Tensor& real, const at::Tensor& made,
                                            const Conditioning& conditioning, StepRandom& random) {
  double value = 0.0;
  for (int i = 0; i < recipe_.discriminator_updates; ++i) {
    const at::Tensor loss = at::relu(1.0 - JudgeNoised(real, conditioning, random)).mean() +
                            at::relu(1.0 + JudgeNoised(made, conditioning, random)).mean();
    const Autocast off(Precision::kFloat32, made.device().type());
    STROBE_ASSIGN_OR_RETURN(
        const LearnerReport learned,
        learner_->Step(loss, random.step() * recipe_.discriminator_updates + i));
    value = learned.loss;
  }
  return value;
}

at::Tensor Discriminator::Verdict(const StudentAnswer& answer, const Conditioning& conditioning,
                                  StepRandom& random, std::map<std::string, double>& extras) {
  const at::Tensor x0 = answer.x0.detach();
  at::Tensor asked = answer.x0.detach();
  asked.requires_grad_();
  // The heads are to stay as they are: only the student may learn from this.
  weights_.SetTrainable(false);
  const at::Tensor fooled = -JudgeNoised(asked, conditioning, random).mean();
  {
    const Autocast off(Precision::kFloat32, x0.device().type());
    fooled.backward();
  }
  weights_.SetTrainable(true);
  const at::Tensor& gradient = asked.grad();
  const double reconstruction = answer.pull.norm().item<double>();
  const double adversarial = gradient.norm().item<double>();
  const double factor = balance_.FactorAt(random.step(), reconstruction, adversarial);
  extras["loss_adversarial"] = fooled.item<double>();
  extras["adversarial_factor"] = factor;
  if (reconstruction > 0.0) extras["gradient_ratio"] = factor * adversarial / reconstruction;
  // Its gradient is that of factor * fooled; the teacher was differentiated once, for the ratio.
  const at::Tensor pulled = ((answer.x0 - x0) * gradient).sum();
  return factor * (fooled.detach() + pulled);
}

absl::StatusOr<at::Tensor> Discriminator::LossOf(const StudentAnswer& answer,
                                                 const DistillationBatch& batch, StepRandom& random,
                                                 std::map<std::string, double>& extras) {
  at::Tensor real = answer.target;
  if (recipe_.real == "data") {
    STROBE_ASSIGN_OR_RETURN(real, batch.data_latents());
  }
  STROBE_ASSIGN_OR_RETURN(extras["loss_discriminator"],
                          Learn(real, answer.x0.detach(), batch.conditioning, random));
  if (balance_.ShareAt(random.step()) == 0.0) return at::zeros({}, real.options());
  return Verdict(answer, batch.conditioning, random, extras);
}

}  // namespace strobe::model
