#include "model/training/methods/latent_consistency.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/teacher_steps.h"

namespace strobe::model {
namespace {

constexpr int kSolverSteps = 50;
constexpr double kHuberWidth = 0.001;

}  // namespace

absl::StatusOr<std::unique_ptr<LatentConsistency>> LatentConsistency::Create(
    const DistillationRecipe& /*recipe*/, const StepTableBuilder& builder,
    const DistillationNetworks& networks) {
  if (networks.averaged == nullptr) {
    return absl::InvalidArgumentError("lcm needs the moving average of the student");
  }
  STROBE_ASSIGN_OR_RETURN(const auto schedule, NoiseSchedule::Create(builder.scheduler().noise()));
  if (schedule.num_train_timesteps() < kSolverSteps) {
    return absl::InvalidArgumentError(absl::StrCat("lcm needs a teacher of ", kSolverSteps,
                                                   " timesteps or more, not of ",
                                                   schedule.num_train_timesteps()));
  }
  return std::unique_ptr<LatentConsistency>(
      new LatentConsistency(schedule, builder.scheduler().prediction_type(), networks));
}

absl::StatusOr<DistillationLoss> LatentConsistency::Loss(const DistillationBatch& batch,
                                                         StepRandom& random) {
  STROBE_ASSIGN_OR_RETURN(const at::Tensor clean, batch.data_latents());
  const int spacing = schedule_.num_train_timesteps() / kSolverSteps;
  std::vector<TeacherPath> paths;
  std::vector<double> timesteps;
  std::vector<double> next_timesteps;
  std::vector<double> is_last;
  std::vector<NoiseLevel> levels;
  std::vector<NoiseLevel> next_levels;
  for (int64_t i = 0; i < batch.latent_shape[0]; ++i) {
    const int start = (random.scalars().Below(kSolverSteps) + 1) * spacing - 1;
    const bool last = start < spacing;
    const int end = last ? 0 : start - spacing;
    timesteps.push_back(start);
    next_timesteps.push_back(end);
    is_last.push_back(last ? 1.0 : 0.0);
    levels.push_back(schedule_.Level(start));
    // The rows without a next level are not looked at; level 0 only keeps them finite.
    next_levels.push_back(schedule_.Level(end));
    paths.push_back({start, end, last ? NoiseLevel{1.0, 0.0} : next_levels.back()});
  }
  const at::Tensor noisy = AddNoise(clean, random.Noise(batch.latent_shape), levels);
  const at::Tensor next = RunTeacher(*networks_.teacher, prediction_type_, schedule_, noisy, paths,
                                     /*count=*/1, batch.conditioning);
  const Conditioning unguided = batch.conditioning.Unguided();
  at::Tensor target;
  {
    const at::NoGradGuard no_grad;
    const at::Tensor output = GuidedOutput(*networks_.averaged, next, next_timesteps, unguided);
    target = at::where(RowColumn(is_last, next).to(at::kBool), next,
                       PredictedX0(prediction_type_, output, next, next_levels));
  }
  const at::Tensor x0 =
      PredictedX0(prediction_type_, GuidedOutput(*networks_.student, noisy, timesteps, unguided),
                  noisy, levels);
  const at::Tensor errors = ((x0 - target).square() + kHuberWidth * kHuberWidth).sqrt();
  return DistillationLoss{(errors - kHuberWidth).mean(), {}};
}

nlohmann::json LatentConsistency::StudentScheduler(const nlohmann::json& teacher) const {
  nlohmann::json scheduler = teacher;
  scheduler["_class_name"] = "LCMScheduler";
  scheduler["original_inference_steps"] = kSolverSteps;
  scheduler["timestep_scaling"] = 10.0;
  return scheduler;
}

}  // namespace strobe::model
