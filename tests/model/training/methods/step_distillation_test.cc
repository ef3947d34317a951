#include "model/training/methods/step_distillation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/sampling/few_step_sampler.h"
#include "tests/model/training/tiny_networks.h"

namespace strobe::model {
namespace {

StepTableBuilder Builder() { return *StepTableBuilder::FromJson(SchedulerConfigJson("sample")); }

TEST(X0OfStepTest, OneStepWithItLeadsToTheTarget) {
  StepTableRequest request;
  request.num_inference_steps = 4;
  const StepTable table = *Builder().Build(request);
  const at::Tensor latents = UnitNormal(1, 0, {1, 4, 4, 4});
  const at::Tensor target = UnitNormal(1, 1, {1, 4, 4, 4});
  for (int step = 0; step < 4; ++step) {
    const at::Tensor x0 = X0OfStep(latents, target, {table.rows[step]});
    const StepResult result =
        ApplyStep(x0, latents, {RuleOfStep(table, step)}, at::Tensor(), at::Tensor());
    EXPECT_LT((result.latents - target).abs().max().item<double>(), 1e-4) << step;
  }
}

TEST(StepDistillationTest, AStudentThatIsItsTeacherLosesNothingInOneTeacherStep) {
  ParameterSet weights;
  const auto unet = TinyUnet(1, weights);
  DistillationRecipe recipe;
  recipe.method = "step";
  recipe.step_counts = {4};
  recipe.teacher_steps = 1;
  DistillationBatch batch;
  batch.conditioning = {UnitNormal(3, 0, {6, 5, 16}), UnitNormal(3, 1, {5, 16}), 1.0};
  batch.latent_shape = {6, 4, 4, 4};
  batch.data_latents = [] { return absl::StatusOr<at::Tensor>(UnitNormal(3, 2, {6, 4, 4, 4})); };
  const auto loss = [&] {
    StepRandom random(5, "test", 0);
    const auto method = CreateDistillationMethod(recipe, Builder(), {unet.get(), unet.get()});
    return (*method)->Loss(batch, random)->loss.item<double>();
  };
  EXPECT_LT(loss(), 1e-8);
  recipe.teacher_steps = 2;
  EXPECT_GT(loss(), 1e-6);
}

}  // namespace
}  // namespace strobe::model
